// An IP address and a port in the form that system calls take, and in the form that people read. A
// plain value.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace dns {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
};

// `ip` may name an interface of this host: "fe80::1%eth0". Nothing if it is not an IP address, or
// the interface does not exist.
std::optional<SocketAddress> numeric_address(const std::string& ip, std::uint16_t port);

// "10.0.0.2:53", "[fd00::53]:53".
std::string address_text(const std::string& ip, std::uint16_t port);

}  // namespace dns
