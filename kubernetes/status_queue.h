// The statuses that are still to be written, and when each of them may be.
//
// A status that is wanted again soon after it was written was changed back by somebody else: it
// rests for kRest, so that two writers don't fight. One that couldn't be written rests for kRetry.
// Resources that don't rest have their turn first, in the order in which they were wanted.
//
// A plain value; time is a parameter. Each call costs the logarithm of the length.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "kubernetes/custom_resource.h"

namespace kubernetes {

// Of one custom resource.
struct StatusWrite {
  CustomId id;
  std::string uid;           // of the resource that the status is meant for
  bool subresource = false;  // the status is one
  std::string status;        // as status_text() gives it

  friend bool operator==(const StatusWrite&, const StatusWrite&) = default;
};

class StatusQueue {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kRest{30};
  static constexpr std::chrono::seconds kRetry{10};

  enum class Outcome : std::uint8_t { Written, Failed };

  // Takes the place of another write of the same resource.
  void want(StatusWrite write);
  // Nothing is to be written of it.
  void drop(const CustomId& id);

  // The one to write now. It stays wanted until done().
  std::optional<StatusWrite> next(Clock::time_point now);
  void done(const StatusWrite& write, Outcome outcome, Clock::time_point now);

  std::size_t size() const { return wanted_.size(); }
  // When one that rests may be written, if no other is wanted before.
  std::optional<Clock::time_point> next_turn() const;

 private:
  struct Wanted {
    StatusWrite write;
    std::uint64_t turn = 0;  // key of turns_; 0: it rests
  };
  struct Attempt {
    StatusWrite write;
    Clock::time_point until;  // when it has rested
  };

  void give_turn(Wanted& wanted);
  void take_turn(Wanted& wanted);
  void end_rests(Clock::time_point now);

  std::map<CustomId, Wanted> wanted_;
  std::map<std::uint64_t, CustomId> turns_;                 // in their order
  std::map<CustomId, Attempt> attempts_;                    // the last of each, while it rests
  std::set<std::pair<Clock::time_point, CustomId>> rests_;  // of attempts_
  std::uint64_t last_turn_ = 0;
};

}  // namespace kubernetes
