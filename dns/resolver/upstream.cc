#include "dns/resolver/upstream.h"

namespace dns {

UpstreamStatus UpstreamTally::status() const {
  UpstreamStatus status;
  status.address = address;
  status.state = state.load(std::memory_order_relaxed);
  status.answers = answers.value();
  status.silent = timeouts.value();
  status.unreachable = unreachable.value();
  durations.add_to(status.durations);
  return status;
}

UpstreamStatus::State Upstream::state() const {
  if (loop.loops()) return UpstreamStatus::State::Loops;
  return health.healthy() ? UpstreamStatus::State::Well : UpstreamStatus::State::Failed;
}

}  // namespace dns
