// A histogram of durations: how many took how long. A plain value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dns {

struct Durations {
  // Upper bounds, inclusive, of all ranges but the last, which has none.
  static constexpr std::array<std::chrono::microseconds, 17> kBounds = {
      std::chrono::microseconds(10),       std::chrono::microseconds(25),
      std::chrono::microseconds(50),       std::chrono::microseconds(100),
      std::chrono::microseconds(250),      std::chrono::microseconds(500),
      std::chrono::microseconds(1'000),    std::chrono::microseconds(2'500),
      std::chrono::microseconds(5'000),    std::chrono::microseconds(10'000),
      std::chrono::microseconds(25'000),   std::chrono::microseconds(50'000),
      std::chrono::microseconds(100'000),  std::chrono::microseconds(250'000),
      std::chrono::microseconds(500'000),  std::chrono::microseconds(1'000'000),
      std::chrono::microseconds(2'500'000)};
  static std::size_t range_of(std::chrono::nanoseconds duration);

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  // of each range alone
  std::chrono::nanoseconds sum{0};

  std::uint64_t count() const;
};

}  // namespace dns
