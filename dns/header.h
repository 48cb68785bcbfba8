// The header of a DNS message (RFC 1035, 4.1.1; RFC 4035, 3.1.6 for AD and CD). Internal to the
// folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dns {

inline constexpr std::size_t kHeader = 12;  // octets

// Of its second word.
inline constexpr std::uint16_t kQr = 0x8000;
inline constexpr std::uint16_t kOpcode = 0x7800;
inline constexpr std::uint16_t kAa = 0x0400;
inline constexpr std::uint16_t kTc = 0x0200;
inline constexpr std::uint16_t kRd = 0x0100;
inline constexpr std::uint16_t kRa = 0x0080;
inline constexpr std::uint16_t kAd = 0x0020;
inline constexpr std::uint16_t kCd = 0x0010;
inline constexpr std::uint16_t kRcode = 0x000f;

}  // namespace dns
