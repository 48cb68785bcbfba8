// What keeps the collections of an API server from being followed, and since when.
//
// Several collections fail for one reason, and one after the other: each reason is reported once,
// and so is the end of all of them.
//
// A plain value; time is a parameter.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace kubernetes {

// What is logged.
struct Event {
  bool bad = true;  // a warning
  std::string text;
};

class Outage {
 public:
  using Clock = std::chrono::steady_clock;

  // `problem` is that of one collection now, "" for none. Returns what is to be reported.
  std::optional<Event> set(const std::string& collection, const std::string& problem,
                           Clock::time_point now);

  // Of one of the collections that fail; "" if none does.
  std::string problem() const;
  // When the first began to fail.
  std::optional<Clock::time_point> since() const { return since_; }

 private:
  std::map<std::string, std::string> problems_;  // by collection, of those that fail
  std::set<std::string> reported_;
  std::optional<Clock::time_point> since_;
};

}  // namespace kubernetes
