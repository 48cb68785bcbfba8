#include "mesh/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace mesh {
namespace {

constexpr unsigned bits_of(Family family) {
  return family == Family::V4 ? 32 : 128;
}

// `ip` with the bits behind `length` all set to `bit`.
Ip fill_host_bits(const Ip& ip, unsigned length, bool bit) {
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(ip.bytes(), bytes.begin());
  for (unsigned i = length; i < bits_of(ip.family()); ++i) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (i % 8));
    if (bit) {
      bytes[i / 8] |= mask;
    } else {
      bytes[i / 8] &= static_cast<std::uint8_t>(~mask);
    }
  }
  if (!ip.is_v4()) return Ip::v6(bytes);
  return Ip::v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                std::uint32_t{bytes[2]} << 8 | bytes[3]);
}

}  // namespace

std::optional<Ip> Ip::parse(std::string_view text) {
  // inet_pton wants a terminated string; no address is longer than this.
  char buffer[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof buffer) return std::nullopt;
  std::ranges::copy(text, buffer);
  if (text.find('\0') != text.npos) return std::nullopt;
  Ip ip;
  ip.family_ = text.find(':') == text.npos ? Family::V4 : Family::V6;
  if (inet_pton(ip.is_v4() ? AF_INET : AF_INET6, buffer, ip.bytes_.data()) != 1) {
    return std::nullopt;
  }
  return ip;
}

Ip Ip::v4(std::uint32_t value) {
  Ip ip;
  for (unsigned i = 0; i < 4; ++i) ip.bytes_[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return ip;
}

Ip Ip::v6(const std::array<std::uint8_t, 16>& bytes) {
  Ip ip;
  ip.family_ = Family::V6;
  ip.bytes_ = bytes;
  return ip;
}

Ip Ip::plus(std::uint64_t count) const {
  Ip sum = *this;
  std::uint64_t carry = count;
  for (std::size_t i = bytes().size(); i-- > 0 && carry != 0;) {
    // The low octet of carry, and what is left of it, cannot overflow 64 bits together.
    const std::uint64_t digit = std::uint64_t{sum.bytes_[i]} + (carry & 0xff);
    sum.bytes_[i] = static_cast<std::uint8_t>(digit);
    carry = (carry >> 8) + (digit >> 8);
  }
  return sum;
}

std::string Ip::to_string() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Ip::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned length = bits_of(address->family());
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const unsigned most = length;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc() || end != digits.data() + digits.size() || length > most) {
      return std::nullopt;
    }
  }
  const Cidr cidr = containing(*address, length);
  if (cidr.first() != *address) return std::nullopt;
  return cidr;
}

Cidr Cidr::containing(const Ip& address, unsigned length) {
  assert(length <= bits_of(address.family()));
  Cidr cidr;
  cidr.first_ = fill_host_bits(address, length, false);
  cidr.length_ = length;
  return cidr;
}

Ip Cidr::last() const {
  return fill_host_bits(first_, length_, true);
}

bool Cidr::contains(const Ip& address) const {
  return address.family() == family() && containing(address, length_).first_ == first_;
}

bool Cidr::overlaps(const Cidr& other) const {
  return contains(other.first_) || other.contains(first_);
}

std::string Cidr::to_string() const {
  return first_.to_string() + '/' + std::to_string(length_);
}

}  // namespace mesh
