// How much is kept of what upstreams answered, and how long.
#pragma once

#include <chrono>
#include <cstddef>

namespace dns {

struct CacheSettings {
  std::size_t size = 16u << 20;  // bytes, of all that it takes; 0: nothing is kept
  std::chrono::milliseconds max_ttl{86'400'000};
  std::chrono::milliseconds stale_for{86'400'000};  // after the TTL, where there is nothing better
  bool prefetch = true;
};

}  // namespace dns
