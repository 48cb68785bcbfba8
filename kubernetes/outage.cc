#include "kubernetes/outage.h"

namespace kubernetes {

std::optional<Event> Outage::set(const std::string& collection, const std::string& problem,
                                 Clock::time_point now) {
  if (!problem.empty()) {
    problems_[collection] = problem;
    if (!since_) since_ = now;
    if (!reported_.insert(problem).second) return std::nullopt;
    return Event{true, problem};
  }
  if (problems_.erase(collection) == 0 || !problems_.empty()) return std::nullopt;
  since_.reset();
  reported_.clear();
  return Event{false, "the API server is followed again"};
}

std::string Outage::problem() const {
  return problems_.empty() ? "" : problems_.begin()->second;
}

}  // namespace kubernetes
