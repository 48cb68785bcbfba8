// Where an upstream is and how it is asked. A plain value.
#pragma once

#include <cstdint>
#include <string>

namespace dns {

struct UpstreamAddress {
  enum class Kind : std::uint8_t {
    Udp,  // and TCP for answers that are truncated
  };
  std::string ip;  // "10.0.0.2", "fd00::53", "fe80::1%eth0"
  std::uint16_t port = 53;
  Kind kind = Kind::Udp;
  friend bool operator==(const UpstreamAddress&, const UpstreamAddress&) = default;
};

// As it is written in settings, logs and metrics: "10.0.0.2:53", "[fd00::53]:53".
std::string to_string(const UpstreamAddress& address);

}  // namespace dns
