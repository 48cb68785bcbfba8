#include "config/digest.h"

#include <bit>
#include <cstring>

namespace config {
namespace {

constexpr std::uint64_t kFirst = 0x87c37b91114253d5;
constexpr std::uint64_t kSecond = 0x4cf5ad432745937f;

std::uint64_t mixed_first(std::uint64_t word) {
  return std::rotl(word * kFirst, 31) * kSecond;
}
std::uint64_t mixed_second(std::uint64_t word) {
  return std::rotl(word * kSecond, 33) * kFirst;
}

std::uint64_t finished(std::uint64_t word) {
  word ^= word >> 33;
  word *= 0xff51afd7ed558ccd;
  word ^= word >> 33;
  word *= 0xc4ceb9fe1a85ec53;
  return word ^ (word >> 33);
}

}  // namespace

Digest digest(std::string_view text) {
  const std::size_t size = text.size();
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::uint64_t words[2];
  for (; text.size() >= sizeof words; text.remove_prefix(sizeof words)) {
    std::memcpy(words, text.data(), sizeof words);
    low = (std::rotl(low ^ mixed_first(words[0]), 27) + high) * 5 + 0x52dce729;
    high = (std::rotl(high ^ mixed_second(words[1]), 31) + low) * 5 + 0x38495ab5;
  }
  words[0] = 0;
  words[1] = 0;
  if (!text.empty()) std::memcpy(words, text.data(), text.size());
  low ^= mixed_first(words[0]) ^ size;
  high ^= mixed_second(words[1]) ^ size;
  low += high;
  high += low;
  low = finished(low);
  high = finished(high);
  low += high;
  high += low;
  return {low, high};
}

}  // namespace config
