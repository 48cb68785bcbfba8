#include "dns/durations.h"

#include <gtest/gtest.h>

#include <utility>

namespace dns {
namespace {

using namespace std::chrono_literals;

TEST(DurationsTest, ADurationsRangeHasItsUpperBound) {
  const std::pair<std::chrono::nanoseconds, std::size_t> kCases[] = {
      {0ns, 0}, {10us, 0}, {10001ns, 1}, {25us, 1}, {1ms, 6}, {2500ms, 16}, {2501ms, 17}, {1h, 17}};
  for (const auto& [duration, range] : kCases) {
    EXPECT_EQ(Durations::range_of(duration), range) << duration.count();
  }
}

TEST(DurationsTest, TheCountIsThatOfAllRanges) {
  Durations durations;
  durations.counts.front() = 2;
  durations.counts.back() = 3;
  EXPECT_EQ(durations.count(), 5u);
}

}  // namespace
}  // namespace dns
