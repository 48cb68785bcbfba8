// A digest of a text, by which two texts are taken for the same.
//
// MurmurHash3's variant for 128 bits. Not for secrets: who may write the resource files may change
// what they say anyway. Two different documents of one file have equal digests with a probability
// below 2^-90, even among 250,000. A plain value; internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace config {

struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const Digest&, const Digest&) = default;
};

Digest digest(std::string_view text);

// For maps by digest.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const { return digest.low; }
};

}  // namespace config
