// Binds sockets: every failure is a BindError that says what to do.
//
// Internal to the folder.
#pragma once

#include <stdexcept>
#include <utility>

#include "dns/server/endpoint.h"
#include "dns/socket_address.h"

namespace dns {

// An address cannot be bound: names it, the reason and the remedy.
class BindError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Closes what it holds.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

SocketAddress socket_address(const Endpoint& listen);  // throws BindError
// The address that a socket is bound to.
SocketAddress bound_address(int fd);
// In canonical form: "::1" for "0:0::1". An interface is written by its name.
Endpoint endpoint(const SocketAddress& address);
// True for 0.0.0.0 and ::.
bool is_wildcard(const Endpoint& listen);

// Fails if any process, even of our own user, serves the address: SO_REUSEPORT alone would let two
// processes share it silently. Returns the address with its port; for port 0 one that is free for
// UDP and TCP.
Endpoint check_free(const Endpoint& listen);  // throws BindError

// Non-blocking, SO_REUSEPORT; UDP on all addresses reports the destination address, TCP listens.
// The caller owns the descriptor.
int bind_udp(const Endpoint& listen);  // throws BindError
int bind_tcp(const Endpoint& listen);  // throws BindError

// Has a UDP socket that is bound to all addresses report the destination of each datagram.
void report_destination(int fd, int family);

}  // namespace dns
