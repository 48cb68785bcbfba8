// Writes a DNS message into a fixed buffer, front to back. What doesn't fit isn't written: callers
// ask fits() for a whole RRset first.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "dns/query.h"

namespace dns {

class Writer {
 public:
  // Writes at most `limit` octets. REQUIRES: limit <= out.size()
  Writer(std::span<std::uint8_t> out, std::size_t limit) : out_(out.data()), limit_(limit) {
    assert(limit <= out.size());
  }

  std::size_t size() const { return size_; }
  bool fits(std::size_t octets) const { return octets <= limit_ - size_; }
  std::size_t room() const { return limit_ - size_; }

  void u8(std::uint8_t value) { *grow(1) = value; }
  void u16(std::uint16_t value) { set_u16(reserve(2), value); }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value));
  }
  void bytes(const void* data, std::size_t octets) { std::memcpy(grow(octets), data, octets); }
  void bytes(std::string_view text) { bytes(text.data(), text.size()); }

  // Skips octets that are set later; gives their offset.
  std::size_t reserve(std::size_t octets) {
    grow(octets);
    return size_ - octets;
  }
  void set_u16(std::size_t at, std::uint16_t value) {
    out_[at] = static_cast<std::uint8_t>(value >> 8);
    out_[at + 1] = static_cast<std::uint8_t>(value);
  }
  void set_u32(std::size_t at, std::uint32_t value) {
    set_u16(at, static_cast<std::uint16_t>(value >> 16));
    set_u16(at + 2, static_cast<std::uint16_t>(value));
  }

 private:
  std::uint8_t* grow(std::size_t octets) {
    assert(fits(octets));
    size_ += octets;
    return out_ + size_ - octets;
  }

  std::uint8_t* out_;
  std::size_t limit_;
  std::size_t size_ = 0;
};

}  // namespace dns
