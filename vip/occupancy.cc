#include "vip/occupancy.h"

#include <iterator>

namespace vip {

Occupancy::Occupancy(const Pools& pools, Seconds quarantine) : quarantine_(quarantine) {
  for (const Pool& pool : all_pools(pools)) pools_.emplace_back(pool);
}

void Occupancy::add(const mesh::Ip& ip, std::optional<Seconds> released) {
  for (PoolState& state : pools_) {
    if (!state.pool.contains(ip)) continue;
    if (state.pool.can_give(ip)) ++state.held;
    if (released) {
      tombstones(state, *released).emplace(*released, ip);
    } else {
      ++state.used;
    }
  }
}

void Occupancy::remove(const mesh::Ip& ip, std::optional<Seconds> released) {
  for (PoolState& state : pools_) {
    if (!state.pool.contains(ip)) continue;
    if (state.pool.can_give(ip)) --state.held;
    if (released) {
      tombstones(state, *released).erase({*released, ip});
    } else {
      --state.used;
    }
  }
}

void Occupancy::apply(const Change& change, const Ledger& ledger) {
  const auto before = ledger.view(change.lease.ip);
  if (before) remove(before->ip, before->released);
  if (change.what == Change::What::Allocate) {
    add(change.lease.ip, change.lease.released);
  } else if (before && change.what != Change::What::Forget) {
    add(before->ip, change.lease.released);
  }
}

void Occupancy::advance(Seconds now) {
  now_ = now;
  for (PoolState& state : pools_) {
    while (!state.resting.empty() && !rests(state.resting.begin()->first)) {
      state.reusable.insert(state.resting.extract(state.resting.begin()));
    }
    while (!state.reusable.empty() && rests(state.reusable.rbegin()->first)) {
      state.resting.insert(state.reusable.extract(std::prev(state.reusable.end())));
    }
  }
}

std::vector<PoolUse> Occupancy::use() const {
  std::vector<PoolUse> uses;
  for (const PoolState& state : pools_) {
    const Pool& pool = state.pool;
    uses.push_back({pool.kind(), pool.range(), pool.usable(), state.used, state.resting.size(),
                    state.resting.size() + state.reusable.size()});
  }
  return uses;
}

void Occupancy::count(std::vector<PoolUse>& uses, const mesh::Ip& ip,
                      std::optional<Seconds> released, std::uint64_t step) const {
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    if (!pools_[i].pool.contains(ip)) continue;
    if (!released) {
      uses[i].used += step;
      continue;
    }
    uses[i].tombstones += step;
    if (rests(*released)) uses[i].quarantined += step;
  }
}

std::vector<PoolUse> Occupancy::use_after(std::span<const Change> changes,
                                          const Ledger& ledger) const {
  constexpr std::uint64_t kOneMore = 1;
  constexpr std::uint64_t kOneLess = ~std::uint64_t{0};
  std::vector<PoolUse> uses = use();
  for (const Change& change : changes) {
    const Lease& lease = change.lease;
    // Within one list a lease is allocated only after it was forgotten, and changed once else: what
    // it was before is what the ledger has.
    if (change.what != Change::What::Allocate) {
      if (const auto before = ledger.view(lease.ip))
        count(uses, lease.ip, before->released, kOneLess);
    }
    if (change.what != Change::What::Forget) count(uses, lease.ip, lease.released, kOneMore);
  }
  return uses;
}

}  // namespace vip
