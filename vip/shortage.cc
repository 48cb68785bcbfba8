// What is said of services that an address is missing of.
#include <algorithm>

#include "vip/round.h"

namespace vip {

std::string Round::why_missing(const Supply& supply) const {
  std::uint64_t quarantined = 0;
  std::uint64_t usable = 0;
  std::optional<Seconds> next;
  std::string text;
  for (const std::size_t i : supply.pools) {
    const auto& [pool, held, used, resting, reusable] = occupancy_.pools()[i];
    text += (text.empty() ? "" : ", ") + pool.range().to_string();
    usable += pool.usable();
    for (const auto* tombstones : {&reusable, &resting}) {
      quarantined += tombstones->size();
      const auto waits = [this, &of = pool](const auto& tombstone) {
        return of.can_give(tombstone.second) && !used_.contains(tombstone.second);
      };
      const auto soonest = std::ranges::find_if(*tombstones, waits);
      if (soonest == tombstones->end()) continue;
      if (!next || soonest->first < *next) next = soonest->first;
    }
    // Of the tombstones those don't wait that are used from now on, or that are never given out.
    const auto is_tombstone = [&](const mesh::Ip& ip) {
      const auto lease = ledger_.view(ip);
      return lease && lease->released;
    };
    const mesh::Ip first = pool.range().first();
    const mesh::Ip last = pool.range().last();
    if (!pool.can_give(first) && is_tombstone(first)) --quarantined;
    if (last != first && !pool.can_give(last) && is_tombstone(last)) --quarantined;
    for (const mesh::Ip& ip : used_) {
      if (pool.can_give(ip) && is_tombstone(ip)) --quarantined;
    }
  }
  text += (supply.pools.size() == 1 ? " is exhausted: its " : " are exhausted: their ") +
          std::to_string(usable) + " addresses are in use";
  if (quarantined > 0) {
    text += " or in quarantine (" + std::to_string(quarantined) + ", the next is free at " +
            time_text(*next + policy_.quarantine) + ')';
  }
  return text + "; add a range to " +
         std::string(setting(occupancy_.pools()[supply.pools.front()].pool.kind()));
}

std::string missing_text(mesh::Kind kind, const std::array<bool, std::size(kFamilies)>& missing,
                         const BySupply<std::string>& why) {
  std::string text;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!missing[i]) continue;
    text += (text.empty() ? "" : "; ") + why[static_cast<std::size_t>(kind)][i];
  }
  return text;
}

BySupply<std::string> reasons(const BySupply<Shortage>& shortages) {
  BySupply<std::string> why;
  for (std::size_t kind = 0; kind < why.size(); ++kind) {
    for (std::size_t i = 0; i < why[kind].size(); ++i) why[kind][i] = shortages[kind][i].why;
  }
  return why;
}

mesh::Diagnostics diagnostics(const BySupply<Shortage>& shortages) {
  mesh::Diagnostics diagnostics;
  for (const mesh::Kind kind : mesh::kKinds) {
    for (const Shortage& shortage : shortages[static_cast<std::size_t>(kind)]) {
      if (shortage.services == 0) continue;
      diagnostics.push_back({mesh::Severity::Error,
                             {},
                             std::string(setting(kind)),
                             shortage.why + "; " + std::to_string(shortage.services) +
                                 (shortage.services == 1 ? " service has" : " services have") +
                                 " no address, the first is " + mesh::to_string(*shortage.first)});
    }
  }
  return diagnostics;
}

}  // namespace vip
