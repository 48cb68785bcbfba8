// Reads a DNS message from front to back and trusts no length in it. Allocates nothing. Internal to
// the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dns/name.h"

namespace dns {

// Reads the message from front to back. A read past the end sets `failed` and gives zeros.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> message) : message_(message) {}

  std::uint16_t u16() {
    if (!has(2)) return 0;
    at_ += 2;
    return static_cast<std::uint16_t>(message_[at_ - 2] << 8 | message_[at_ - 1]);
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  void skip(std::size_t octets) {
    if (has(octets)) at_ += octets;
  }
  std::span<const std::uint8_t> take(std::size_t octets) {
    const std::size_t begin = at_;
    skip(octets);
    return message_.subspan(begin, at_ - begin);
  }

  // An uncompressed name: in a question nothing stands before it that a pointer could name.
  std::span<const std::uint8_t> name() {
    const std::size_t begin = at_;
    while (has(1) && message_[at_] != 0) {
      if (message_[at_] > Name::kMaxLabel) return fail();
      skip(std::size_t{1} + message_[at_]);
      if (failed_ || at_ - begin >= Name::kMaxWire) return fail();
    }
    skip(1);
    return message_.subspan(begin, at_ - begin);
  }

  // A name of a record, which may end in a pointer backwards. True for the root.
  bool skip_name() {
    const std::size_t begin = at_;
    while (has(1) && message_[at_] != 0) {
      if (message_[at_] >= 0xc0) {
        const std::size_t target = u16() & 0x3fff;
        if (target >= begin) fail();
        return false;
      }
      if (message_[at_] > Name::kMaxLabel || at_ - begin >= Name::kMaxWire) {
        fail();
        return false;
      }
      skip(std::size_t{1} + message_[at_]);
    }
    skip(1);
    return at_ == begin + 1;
  }

  std::size_t at() const { return at_; }
  bool failed() const { return failed_; }
  bool at_end() const { return at_ == message_.size(); }

 private:
  bool has(std::size_t octets) {
    if (failed_ || octets > message_.size() - at_) failed_ = true;
    return !failed_;
  }
  std::span<const std::uint8_t> fail() {
    failed_ = true;
    return {};
  }

  std::span<const std::uint8_t> message_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace dns
