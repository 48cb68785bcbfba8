// What is asked of an upstream: the part of a client's query that its answer depends on, and
// therefore what the answer is kept under. Always of class IN.
//
// A plain value of fixed size: making one allocates nothing. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dns/name.h"
#include "dns/query.h"

namespace dns {

class Question {
 public:
  explicit Question(const Query& query);

  // Equal for equal questions: the qname, lowered, the qtype, and the flags.
  std::string_view key() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }
  std::uint64_t hash() const { return hash_; }
  std::string_view qname() const { return key().substr(0, size_ - kTail); }  // wire format, lowered
  std::uint16_t qtype() const;

  // The query for an upstream: `id`, the flags of the client (RD, CD), AD and EDNS of our own with
  // its DO; of the client's options none goes on. The letters of the qname are in upper case where
  // `cases` has a 1, bit by bit; it may be shorter than the name.
  std::vector<std::uint8_t> query(std::uint16_t id, std::span<const std::uint8_t> cases) const;

 private:
  static constexpr std::size_t kTail = 3;
  enum Flags : std::uint8_t { kDnssecOk = 1, kCheckingDisabled = 2, kRecursionDesired = 4 };
  bool has(Flags flag) const { return (bytes_[size_ - 1u] & flag) != 0; }

  std::array<std::uint8_t, Name::kMaxWire + kTail> bytes_;
  std::uint16_t size_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace dns
