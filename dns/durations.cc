#include "dns/durations.h"

#include <algorithm>
#include <numeric>

namespace dns {

std::size_t Durations::range_of(std::chrono::nanoseconds duration) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kBounds, duration) - kBounds.begin());
}

std::uint64_t Durations::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace dns
