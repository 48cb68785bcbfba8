// How long to wait after a failure before the next attempt: up to 0.8 s, doubled up to 30 s, at
// random (full jitter), so that a server that recovers isn't overrun by all clients at once.
//
// A plain value. Time and chance are parameters.
#pragma once

#include <algorithm>
#include <chrono>

namespace kubernetes {

class Backoff {
 public:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;
  static constexpr Milliseconds kFirst{800};
  static constexpr Milliseconds kMost{30'000};
  // After so long without a failure the backoff starts afresh.
  static constexpr std::chrono::minutes kQuiet{2};

  // The wait after a failure at `now`; `chance` is from 0 to 1. `least` is the server's
  // Retry-After.
  Milliseconds next(Clock::time_point now, double chance, Milliseconds least = {}) {
    if (now - last_ > kQuiet) most_ = kFirst;
    last_ = now;
    const auto wait = std::chrono::duration_cast<Milliseconds>(chance * most_);
    most_ = std::min(2 * most_, kMost);
    return std::max(wait, least);
  }
  // The server has recovered.
  void reset() { most_ = kFirst; }

 private:
  Milliseconds most_ = kFirst;
  Clock::time_point last_;
};

}  // namespace kubernetes
