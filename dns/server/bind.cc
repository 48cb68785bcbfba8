#include "dns/server/bind.h"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace dns {
namespace {

constexpr int kReceiveBuffer = 4 << 20;  // bytes; the default holds 13 ms of full load
constexpr int kBacklog = 1024;
constexpr int kPortAttempts = 50;

const char* name(int type) {
  return type == SOCK_DGRAM ? "udp" : "tcp";
}

[[noreturn]] void fail(const Endpoint& listen, int type, int error) {
  const std::string what = to_string(listen) + " (" + name(type) + ")";
  switch (error) {
    case EADDRINUSE:
      throw BindError(what + " is in use: find who has it with `ss -ln" +
                      (type == SOCK_DGRAM ? "u" : "t") + "p sport = :" +
                      std::to_string(listen.port) + "`, or choose another address with --listen");
    case EADDRNOTAVAIL:
      throw BindError(what + ": " + listen.address +
                      " is no address of this host: `ip address` lists those, --listen takes one");
    case EACCES:
      throw BindError(what + ": ports below 1024 need the capability CAP_NET_BIND_SERVICE " +
                      "(`setcap cap_net_bind_service=+ep` on the program), or a lower sysctl "
                      "net.ipv4.ip_unprivileged_port_start");
    default:
      throw BindError(what + " can't be bound: " + std::strerror(error));
  }
}

void set(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

Descriptor make_socket(const Endpoint& listen, const SocketAddress& address, int type) {
  Descriptor socket(::socket(address.family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) fail(listen, type, errno);
  // A TCP port of a process that died may be in TIME_WAIT still. For UDP the option would mean
  // sharing the port.
  if (type == SOCK_STREAM) set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return Descriptor(socket.release());
}

void bind_to(int fd, const Endpoint& listen, const SocketAddress& address, int type) {
  if (bind(fd, address.get(), address.size) != 0) fail(listen, type, errno);
}

int bind_shared(const Endpoint& listen, int type) {
  const SocketAddress address = socket_address(listen);
  Descriptor socket = make_socket(listen, address, type);
  set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (type == SOCK_DGRAM) {
    set(socket.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    if (is_wildcard(listen)) report_destination(socket.get(), address.family());
  }
  bind_to(socket.get(), listen, address, type);
  if (type == SOCK_STREAM && ::listen(socket.get(), kBacklog) != 0) fail(listen, type, errno);
  return socket.release();
}

// With port 0 the kernel chooses one for UDP, which TCP may not have free.
bool try_both(Endpoint& listen, bool last) {
  SocketAddress address = socket_address(listen);
  const Descriptor udp = make_socket(listen, address, SOCK_DGRAM);
  bind_to(udp.get(), listen, address, SOCK_DGRAM);
  Endpoint chosen{listen.address, bound_address(udp.get()).port()};
  address.set_port(chosen.port);
  const Descriptor tcp = make_socket(chosen, address, SOCK_STREAM);
  // Two sockets may be bound to one address while none listens, hence listen().
  const bool free =
      bind(tcp.get(), address.get(), address.size) == 0 && ::listen(tcp.get(), 1) == 0;
  if (!free && (listen.port != 0 || last)) fail(chosen, SOCK_STREAM, errno);
  if (free) listen = chosen;
  return free;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

SocketAddress socket_address(const Endpoint& listen) {
  const auto address = numeric_address(listen.address, listen.port);
  if (!address) throw BindError("\"" + listen.address + "\" is no IP address");
  return *address;
}

SocketAddress bound_address(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (getsockname(fd, address.get(), &address.size) != 0) return {};
  return address;
}

Endpoint endpoint(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> host{};
  getnameinfo(address.get(), address.size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  return {host.data(), address.port()};
}

bool is_wildcard(const Endpoint& listen) {
  return listen.address == "0.0.0.0" || listen.address == "::";
}

void report_destination(int fd, int family) {
  const bool v4 = family == AF_INET;
  set(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
}

Endpoint check_free(const Endpoint& listen) {
  Endpoint bound = listen;
  for (int left = kPortAttempts; left > 0; --left) {
    if (try_both(bound, left == 1)) break;
  }
  return bound;
}

int bind_udp(const Endpoint& listen) {
  return bind_shared(listen, SOCK_DGRAM);
}

int bind_tcp(const Endpoint& listen) {
  return bind_shared(listen, SOCK_STREAM);
}

}  // namespace dns
