#include "config/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace config {
namespace {

TEST(DigestTest, IsMurmurHash3) {
  const struct {
    const char* text;
    Digest digest;
  } kCases[] = {
      {"", {0, 0}},
      {"hello", {0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19}},
      {"The quick brown fox jumps over the lazy dog", {0xe34bbc7bbc071b6c, 0x7a433ca9c49a9347}},
  };
  for (const auto& row : kCases) EXPECT_EQ(digest(row.text), row.digest) << row.text;
}

TEST(DigestTest, TextsThatDifferInOneByteOrInLength) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t count = 0;
  const auto add = [&](const std::string& text) {
    const Digest made = digest(text);
    seen.emplace(made.low, made.high);
    ++count;
  };
  for (std::size_t size = 0; size < 70; ++size) {
    add(std::string(size, '\0'));
    for (std::size_t i = 0; i < size; ++i) {
      std::string text(size, '\0');
      text[i] = 'x';
      add(text);
    }
  }
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace config
