// Whether an upstream answers, and in which order several are asked.
//
// Pure: no sockets, no clock; `now` is a parameter.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace dns {

// What the attempts at one upstream have shown.
class Health {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void answered() { failures_ = 0; }
  // A query that was sent at `sent` timed out, or the upstream was unreachable. Queries that were
  // in flight together count as one failure.
  void failed(Time sent, Time now);

  bool healthy() const { return failures_ == 0; }
  // It failed so often that asking it twice for one client is a waste of time.
  bool dead() const { return failures_ >= kDead; }
  // Time to probe whether an upstream that failed is back. True for one caller.
  bool take_probe(Time now);

 private:
  static constexpr unsigned kDead = 3;
  std::chrono::seconds pause() const;

  unsigned failures_ = 0;
  Time failed_at_{};
  Time next_probe_{};
};

// The maximum number of attempts for one question.
inline constexpr std::size_t kMaxAttempts = 4;

// Indices into `upstreams` in the order in which they are asked: healthy ones, then failed ones,
// then again those that are not dead, up to kMaxAttempts in all.
std::vector<std::size_t> attempt_order(std::span<const Health* const> upstreams);

}  // namespace dns
