#include "hostname/hash_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace hostname {
namespace {

struct Number {
  int value = -1;
  friend bool operator==(const Number&, const Number&) = default;
};

// Growing, then shrinking, then growing again; most hashes are shared by several values.
TEST(HashTable, IsAMultimap) {
  for (const std::size_t segments : {1u, 16u}) {
    std::mt19937 random(7);
    HashTable<Number> table(segments);
    std::multimap<std::uint32_t, int> expected;
    const auto hash_of = [](int value) {
      return static_cast<std::uint32_t>(value % 97) * 44'000'000;
    };
    for (int i = 0; i < 60'000; ++i) {
      const int value = static_cast<int>(random() % 4000);
      const std::uint32_t hash = hash_of(value);
      const auto is = [&](Number each) { return each.value == value; };
      const bool grows = i < 20'000 || i > 40'000;
      const Number* found = table.find(hash, is);
      const auto [begin, end] = expected.equal_range(hash);
      const auto known =
          std::find_if(begin, end, [&](const auto& each) { return each.second == value; });
      ASSERT_EQ(found != nullptr, known != end) << segments << " segments, step " << i;
      if (found == nullptr && (grows || random() % 8 == 0)) {
        table.insert(hash, {value});
        expected.emplace(hash, value);
      } else if (found != nullptr && (!grows || random() % 8 == 0)) {
        table.erase(hash, is);
        expected.erase(known);
      }
      ASSERT_EQ(table.size(), expected.size());
    }
    std::vector<int> visited;
    table.visit([&](Number each) { visited.push_back(each.value); });
    std::vector<int> all;
    for (const auto& [hash, value] : expected) all.push_back(value);
    std::ranges::sort(visited);
    std::ranges::sort(all);
    EXPECT_EQ(visited, all);
  }
}

TEST(HashTable, ErasesNothingThatIsNotThere) {
  HashTable<Number> table(1);
  const auto is_7 = [](Number each) { return each.value == 7; };
  table.erase(1, is_7);
  EXPECT_EQ(table.find(1, is_7), nullptr);
  table.insert(1, {8});
  table.erase(1, is_7);
  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace hostname
