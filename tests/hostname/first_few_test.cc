#include "hostname/first_few.h"

#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <random>
#include <set>

namespace hostname {
namespace {

// What is kept is always the beginning of all, and is all of it until more than fit were added.
TEST(FirstFew, KeepsTheBeginning) {
  std::mt19937 random(3);
  FirstFew<int, 4> few;
  std::set<int> all;
  int lacking = 0;
  for (int i = 0; i < 50'000; ++i) {
    const int element = static_cast<int>(random() % 12);
    if (all.insert(element).second) {
      few.add(element, std::less<>());
    } else {
      all.erase(element);
      few.remove(element, std::less<>());
    }
    ASSERT_EQ(few.size(), all.size());
    const auto first = few.first();
    ASSERT_TRUE(std::equal(first.begin(), first.end(), all.begin(),
                           std::next(all.begin(), static_cast<std::ptrdiff_t>(first.size()))))
        << "step " << i;
    ASSERT_EQ(few.lacks(2), first.size() < std::min<std::size_t>(2, all.size()));
    if (!few.lacks(2)) continue;
    ++lacking;
    few.clear();
    for (const int each : all) few.add(each, std::less<>());
    ASSERT_EQ(few.first().size(), std::min<std::size_t>(4, all.size()));
  }
  EXPECT_GT(lacking, 100);
}

}  // namespace
}  // namespace hostname
