// Which of several instances writes: the holder of a Lease (coordination.k8s.io/v1), by the rules
// of client-go's leader election.
//
// Clocks of hosts differ, so a lease has expired when an instance has seen it unchanged for its
// duration by its own clock, whatever its renewTime says.
//
// Plain values; time is a parameter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kubernetes {

// A Lease as an election uses it.
struct ElectionLease {
  std::string holder;            // holderIdentity
  std::string renewed;           // renewTime, as it is written
  std::string acquired;          // acquireTime
  std::int64_t duration = 0;     // s
  std::int64_t transitions = 0;  // leaseTransitions
  std::string version;           // metadata.resourceVersion

  friend bool operator==(const ElectionLease&, const ElectionLease&) = default;
};

// The lease of the JSON that the API server gave; nothing if it is none.
std::optional<ElectionLease> parse_lease(std::string_view json);
// The Lease to write, with the version that it replaces, if any.
std::string to_json(const ElectionLease& lease, std::string_view name, std::string_view name_space);

// Decides from a lease as it is read whether to be its holder.
class Election {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kDuration{15};
  static constexpr std::chrono::seconds kRenew{5};      // between two reads
  static constexpr std::chrono::seconds kDeadline{10};  // without a renewal we are no leader

  explicit Election(std::string me) : me_(std::move(me)) {}

  // The lease to write now, or nothing: another instance holds it. `seen` is what the server has,
  // none if there is no lease yet. `time` is the present as RFC 3339.
  std::optional<ElectionLease> next(const std::optional<ElectionLease>& seen, Clock::time_point now,
                                    const std::string& time);
  // The write of what next() gave has succeeded at `now`.
  void written(Clock::time_point now) { renewed_ = now; }
  // Another instance holds the lease.
  void lost() { renewed_.reset(); }

  bool is_leader(Clock::time_point now) const { return renewed_ && now - *renewed_ < kDeadline; }

 private:
  const std::string me_;
  std::optional<ElectionLease> seen_;
  Clock::time_point seen_since_{};
  std::optional<Clock::time_point> renewed_;
};

}  // namespace kubernetes
