// Sockets that were bound before this process was started, as systemd does for a socket unit:
// classified, and paired into addresses. A socket that cannot serve DNS is a BindError with its
// remedy.
//
// describe() asks the kernel; pair_up() decides, and is a function of values. Internal to the
// folder.
#pragma once

#include <cstdint>
#include <vector>

#include "dns/server/bind.h"
#include "dns/server/endpoint.h"

namespace dns {

// What the kernel reports of a descriptor.
struct Passed {
  enum class Kind : std::uint8_t {
    Udp,
    Tcp,        // listening
    TcpStream,  // connected, or nothing yet
    Unix,
    OtherSocket,
    NoSocket,
  };
  int fd = -1;
  Kind kind = Kind::NoSocket;
  Endpoint address;  // of Udp, Tcp and TcpStream; port 0: not bound
};

Passed describe(int fd);

// An address with its two sockets, which it does not own.
struct SocketPair {
  Endpoint address;
  int udp = -1;
  int tcp = -1;
  friend bool operator==(const SocketPair&, const SocketPair&) = default;
};

// In the order of the UDP sockets. Throws BindError for a descriptor that can't serve DNS, and for
// an address that has only one of its sockets, or one of them twice.
std::vector<SocketPair> pair_up(const std::vector<Passed>& passed);

// One worker's descriptor of a socket that all workers share: non-blocking, and UDP on all
// addresses reports the destination address. Throws BindError.
int share_udp(int fd, const Endpoint& address);
int share_tcp(int fd, const Endpoint& address);

}  // namespace dns
