// Who asks: an address and a port.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace dns {

// An address of 16 octets; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
using ClientAddress = std::array<std::uint8_t, 16>;

inline bool is_v4(const ClientAddress& address) {
  constexpr ClientAddress kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(address.begin(), address.begin() + 12, kMapped.begin());
}

struct Client {
  ClientAddress address{};
  std::uint16_t port = 0;
};

}  // namespace dns
