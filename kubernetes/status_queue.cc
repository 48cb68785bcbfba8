#include "kubernetes/status_queue.h"

namespace kubernetes {

void StatusQueue::give_turn(Wanted& wanted) {
  if (wanted.turn != 0) return;
  wanted.turn = ++last_turn_;
  turns_.emplace(wanted.turn, wanted.write.id);
}

void StatusQueue::take_turn(Wanted& wanted) {
  turns_.erase(std::exchange(wanted.turn, 0));
}

void StatusQueue::want(StatusWrite write) {
  const auto attempt = attempts_.find(write.id);
  const bool rests = attempt != attempts_.end() && attempt->second.write == write;
  Wanted& wanted = wanted_[write.id];
  wanted.write = std::move(write);
  if (rests) {
    take_turn(wanted);
  } else {
    give_turn(wanted);
  }
}

void StatusQueue::drop(const CustomId& id) {
  const auto wanted = wanted_.find(id);
  if (wanted == wanted_.end()) return;
  take_turn(wanted->second);
  wanted_.erase(wanted);
}

void StatusQueue::end_rests(Clock::time_point now) {
  while (!rests_.empty() && rests_.begin()->first <= now) {
    const CustomId id = rests_.extract(rests_.begin()).value().second;
    attempts_.erase(id);
    const auto wanted = wanted_.find(id);
    if (wanted != wanted_.end()) give_turn(wanted->second);
  }
}

std::optional<StatusWrite> StatusQueue::next(Clock::time_point now) {
  end_rests(now);
  if (turns_.empty()) return std::nullopt;
  return wanted_.at(turns_.begin()->second).write;
}

void StatusQueue::done(const StatusWrite& write, Outcome outcome, Clock::time_point now) {
  if (const auto last = attempts_.find(write.id); last != attempts_.end()) {
    rests_.erase({last->second.until, write.id});
    attempts_.erase(last);
  }
  const auto until = now + (outcome == Outcome::Written ? kRest : kRetry);
  attempts_.emplace(write.id, Attempt{write, until});
  rests_.emplace(until, write.id);
  const auto wanted = wanted_.find(write.id);
  // Another may be wanted since.
  if (wanted == wanted_.end() || wanted->second.write != write) return;
  take_turn(wanted->second);
  if (outcome == Outcome::Written) wanted_.erase(wanted);
}

std::optional<StatusQueue::Clock::time_point> StatusQueue::next_turn() const {
  if (rests_.empty()) return std::nullopt;
  return rests_.begin()->first;
}

}  // namespace kubernetes
