// An address and a port to listen on, over UDP and TCP. A plain value.
#pragma once

#include <cstdint>
#include <string>

namespace dns {

struct Endpoint {
  std::string address;  // "127.0.0.1", "::1", "fe80::1%eth0"; "0.0.0.0" and "::" to listen on all
  std::uint16_t port = 0;  // 0: any free one, the same for UDP and TCP
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

std::string to_string(const Endpoint& endpoint);  // "10.0.0.2:53", "[fd00::53]:53"

}  // namespace dns
