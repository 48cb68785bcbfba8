// An IPv4 or IPv6 address, and a range of them.
//
// Plain values: copy them, compare them, share them between threads. IPv4 sorts
// before IPv6, and within a family the order is numeric.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mesh {

enum class Family : std::uint8_t { V4, V6 };

class Ip {
 public:
  // 0.0.0.0
  Ip() = default;

  // Dotted decimal or RFC 4291 text; no zone index, no surrounding blanks.
  static std::optional<Ip> parse(std::string_view text);
  static Ip v4(std::uint32_t value);  // host byte order: v4(0x7f000001) is 127.0.0.1
  static Ip v6(const std::array<std::uint8_t, 16>& bytes);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::V4; }

  // Network byte order: 4 octets of IPv4, 16 of IPv6. Valid as long as this Ip.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v4() ? 4u : 16u}; }

  // The address `count` further on in its family; wraps around silently.
  Ip plus(std::uint64_t count) const;

  std::string to_string() const;  // RFC 5952 for IPv6

  auto operator<=>(const Ip&) const = default;

 private:
  Family family_ = Family::V4;
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the first four, the rest zero
};

// A prefix in CIDR notation: an address range that a bit mask describes.
class Cidr {
 public:
  // "241.0.0.0/8", "fd00::/64". A bare address is a prefix of full length. Bits
  // set behind the prefix are refused: they hint at a typing mistake.
  static std::optional<Cidr> parse(std::string_view text);
  // The prefix of `length` bits that `address` is in. REQUIRES: length fits the family.
  static Cidr containing(const Ip& address, unsigned length);

  const Ip& first() const { return first_; }
  Ip last() const;
  unsigned length() const { return length_; }
  Family family() const { return first_.family(); }

  bool contains(const Ip& address) const;
  bool overlaps(const Cidr& other) const;

  std::string to_string() const;

  auto operator<=>(const Cidr&) const = default;

 private:
  Ip first_;
  unsigned length_ = 0;
};

}  // namespace mesh
