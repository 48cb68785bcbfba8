#include "dns/server/inherit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace dns {
namespace {

using Kind = Passed::Kind;

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

Kind kind_of(int fd, int family) {
  if (family == AF_UNIX) return Kind::Unix;
  if (family != AF_INET && family != AF_INET6) return Kind::OtherSocket;
  switch (option(fd, SO_PROTOCOL)) {
    case IPPROTO_UDP:
      return Kind::Udp;
    case IPPROTO_TCP:
      return option(fd, SO_ACCEPTCONN) == 1 ? Kind::Tcp : Kind::TcpStream;
    default:
      return Kind::OtherSocket;
  }
}

std::string name(const Passed& passed) {
  std::string text = "descriptor " + std::to_string(passed.fd) + ", which was passed to us, ";
  if (!passed.address.address.empty()) text += "(" + to_string(passed.address) + ") ";
  return text;
}

// Whether it can serve DNS by itself.
void check(const Passed& passed) {
  const std::string what = name(passed);
  switch (passed.kind) {
    case Kind::Udp:
      if (passed.address.port != 0) return;
      throw BindError(what + "is a UDP socket that is bound to no port: bind it before it is " +
                      "passed, as ListenDatagram= of a socket unit does");
    case Kind::Tcp:
      return;
    case Kind::TcpStream:
      throw BindError(what + "is a TCP socket that doesn't listen: a listening one is expected, " +
                      "which ListenStream= with Accept=no in a socket unit gives");
    case Kind::Unix:
      throw BindError(what + "is a Unix socket, and DNS is served over UDP and TCP: take it out " +
                      "of the socket unit");
    case Kind::OtherSocket:
      throw BindError(what + "is a socket of another sort than UDP and TCP: take it out of the " +
                      "socket unit");
    case Kind::NoSocket:
      throw BindError(what + "is no socket: only UDP and TCP sockets are expected");
  }
}

// The unit's line that names the other socket of an address.
[[noreturn]] void fail_alone(const Passed& passed) {
  const bool udp = passed.kind == Kind::Udp;
  throw BindError(to_string(passed.address) + " was passed as a " + (udp ? "UDP" : "TCP") +
                  " socket only, and DNS needs both: add " +
                  (udp ? "ListenStream=" : "ListenDatagram=") + to_string(passed.address) +
                  " to the socket unit");
}

const Passed* find(const std::vector<Passed>& passed, Kind kind, const Endpoint& address) {
  const Passed* found = nullptr;
  for (const Passed& other : passed) {
    if (other.kind != kind || other.address != address) continue;
    if (found != nullptr) {
      throw BindError(to_string(address) + " was passed twice, as descriptors " +
                      std::to_string(found->fd) + " and " + std::to_string(other.fd) +
                      ": name it once in the socket units");
    }
    found = &other;
  }
  return found;
}

int share(int fd, const Endpoint& address) {
  Descriptor shared(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  const int flags = fcntl(shared.get(), F_GETFL);
  if (flags < 0 || fcntl(shared.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw BindError(to_string(address) +
                    ", a socket that was passed to us, can't be used: " + std::strerror(errno));
  }
  return shared.release();
}

}  // namespace

Passed describe(int fd) {
  Passed passed{fd, Kind::NoSocket, {}};
  const int family = option(fd, SO_DOMAIN);
  if (family < 0) return passed;
  passed.kind = kind_of(fd, family);
  if (family == AF_INET || family == AF_INET6) passed.address = endpoint(bound_address(fd));
  return passed;
}

std::vector<SocketPair> pair_up(const std::vector<Passed>& passed) {
  std::ranges::for_each(passed, check);
  std::vector<SocketPair> pairs;
  for (const Passed& one : passed) {
    const Passed* udp = find(passed, Kind::Udp, one.address);
    const Passed* tcp = find(passed, Kind::Tcp, one.address);
    if (udp == nullptr || tcp == nullptr) fail_alone(one);
    if (one.kind == Kind::Udp) pairs.push_back({one.address, udp->fd, tcp->fd});
  }
  return pairs;
}

int share_udp(int fd, const Endpoint& address) {
  if (is_wildcard(address)) report_destination(fd, socket_address(address).family());
  return share(fd, address);
}

int share_tcp(int fd, const Endpoint& address) {
  return share(fd, address);
}

}  // namespace dns
