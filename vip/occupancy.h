// What of each pool is in use, and which of its addresses wait for their services or for reuse:
// kept up with the ledger change by change. Internal to the folder.
//
// Owned by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "mesh/ip.h"
#include "vip/allocate.h"
#include "vip/ledger.h"
#include "vip/pool.h"

namespace vip {

class Occupancy {
 public:
  // Tombstones, the longest released first.
  using Tombstones = std::set<std::pair<Seconds, mesh::Ip>>;

  struct PoolState {
    explicit PoolState(const Pool& range) : pool(range) {}

    Pool pool;
    std::uint64_t held = 0;  // addresses that can be given out and that a lease has
    std::uint64_t used = 0;  // living leases
    Tombstones resting;      // within the quarantine
    Tombstones reusable;     // the others
  };

  Occupancy(const Pools& pools, Seconds quarantine);

  void add(const mesh::Ip& ip, std::optional<Seconds> released);
  void remove(const mesh::Ip& ip, std::optional<Seconds> released);
  // REQUIRES: `ledger` doesn't have the change yet.
  void apply(const Change& change, const Ledger& ledger);

  // Moves tombstones in and out of the quarantine; `now` may run backwards. Costs those that move.
  void advance(Seconds now);

  const std::vector<PoolState>& pools() const { return pools_; }
  // As of the last advance().
  std::vector<PoolUse> use() const;
  // As it is after changes that were made at that time. REQUIRES: `ledger` doesn't have them yet.
  std::vector<PoolUse> use_after(std::span<const Change> changes, const Ledger& ledger) const;

 private:
  bool rests(Seconds released) const { return now_ - released < quarantine_; }
  Tombstones& tombstones(PoolState& pool, Seconds released) const {
    return rests(released) ? pool.resting : pool.reusable;
  }
  void count(std::vector<PoolUse>& uses, const mesh::Ip& ip, std::optional<Seconds> released,
             std::uint64_t step) const;

  Seconds quarantine_;
  Seconds now_ = 0;
  std::vector<PoolState> pools_;
};

}  // namespace vip
