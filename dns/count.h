// Counters that are written by one thread and read by all.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "dns/durations.h"

namespace dns {

// Cheaper than an atomic increment, since only one thread writes. Never goes down.
class Count {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// How many took how long.
class DurationCounts {
 public:
  void add(std::chrono::nanoseconds duration, std::uint64_t count = 1) {
    counts_[Durations::range_of(duration)].add(count);
    sum_.add(static_cast<std::uint64_t>(duration.count()) * count);
  }
  void add_to(Durations& total) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) total.counts[i] += counts_[i].value();
    total.sum += std::chrono::nanoseconds(sum_.value());
  }

 private:
  std::array<Count, Durations::kBounds.size() + 1> counts_;
  Count sum_;  // ns
};

}  // namespace dns
