// The addresses of each name in the arguments as the C library finds them, one name a line; "none" if
// there are none.
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    struct addrinfo hints, *list = NULL, *at;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(argv[i], NULL, &hints, &list) != 0) {
      puts("none");
      continue;
    }
    for (at = list; at != NULL; at = at->ai_next) {
      char text[NI_MAXHOST];
      getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
      printf("%s ", text);
    }
    puts("");
    freeaddrinfo(list);
  }
  return 0;
}
