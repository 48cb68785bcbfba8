// A counter that is written by one thread and read by all.
#pragma once

#include <atomic>
#include <cstdint>

namespace dns {

// Has not the cost of an atomic addition. Only ever added to.
class Count {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

}  // namespace dns
