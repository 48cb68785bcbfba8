#include "vip/round.h"

#include <algorithm>
#include <utility>

namespace vip {
namespace {

using mesh::Family;
using mesh::Ip;
using mesh::ServiceId;

bool has_family(const std::vector<Ip>& vips, Family family) {
  return std::ranges::any_of(vips, [&](const Ip& ip) { return ip.family() == family; });
}

bool has(const std::vector<Ip>& vips, const Ip& ip) {
  return std::ranges::find(vips, ip) != vips.end();
}

}  // namespace

bool outside_pools(const LeaseView& lease, const Occupancy& occupancy) {
  return std::ranges::none_of(occupancy.pools(), [&](const Occupancy::PoolState& state) {
    return state.pool.kind() == lease.kind && state.pool.contains(lease.ip);
  });
}

std::vector<LeaseView> orphans(const Ledger& ledger, const std::vector<bool>& claimed) {
  std::vector<LeaseView> orphans;
  ledger.for_each([&](std::uint32_t number, const LeaseView& lease) {
    if (!claimed[number] && !lease.released) orphans.push_back(lease);
  });
  std::ranges::sort(orphans, read_before);
  return orphans;
}

Round::Round(const Policy& policy, const Ledger& ledger, const Occupancy& occupancy,
             const Given& given, Seconds now)
    : policy_(policy), ledger_(ledger), occupancy_(occupancy), given_(given), now_(now) {
  fill_supplies();
}

void Round::fill_supplies() {
  const auto& pools = occupancy_.pools();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    Supply& of = supply(pools[i].pool.kind(), pools[i].pool.family());
    of.pools.push_back(i);
    of.untouched.push_back(pools[i].pool.usable() - pools[i].held);
    of.next.push_back(pools[i].reusable.begin());
  }
}

// In this order, so that no new service is given what another has a claim to.
void Round::run(std::vector<Claim>& claims, const std::vector<LeaseView>& orphans) {
  claims_ = &claims;
  for (Claim& claim : claims) take_given(claim);
  for (Claim& claim : claims) keep(claim);
  release(orphans);
  for (Claim& claim : claims) restore(claim);
  for (Claim& claim : claims) allocate_missing(claim);
  for (Claim& claim : claims) std::ranges::sort(claim.vips);
}

void Round::change(Change::What what, Lease lease, std::string why) {
  changes_.push_back({what, std::move(lease), std::move(why)});
}

// Not to be given to another service in this round.
void Round::use(const Ip& ip) {
  if (!used_.insert(ip).second || ledger_.contains(ip)) return;
  const auto& pools = occupancy_.pools();
  for (auto& kind : supplies_) {
    Supply& of = kind[static_cast<std::size_t>(ip.family())];
    for (std::size_t i = 0; i < of.pools.size(); ++i) {
      if (pools[of.pools[i]].pool.can_give(ip)) --of.untouched[i];
    }
  }
}

// The lease is living, and its service still there.
bool Round::is_here(const LeaseView& lease) const {
  if (lease.released) return false;
  const ServiceId service = lease.service();
  const auto found = std::ranges::lower_bound(
      *claims_, service, {}, [](const Claim& claim) -> const ServiceId& { return *claim.service; });
  return found != claims_->end() && *found->service == service;
}

void Round::take_given(Claim& claim) {
  if (claim.given == nullptr) return;
  const ServiceId& service = *claim.service;
  const auto warn = [&](std::string message) {
    claim.diagnostics.push_back(
        {mesh::Severity::Warning, claim.given->position, "status.vips", std::move(message)});
  };
  for (const Ip& ip : claim.given->given) {
    if (has(claim.vips, ip)) continue;  // given twice to one service
    if (const ServiceId& winner = given_.winner(ip, ledger_); winner != service) {
      warn(ip.to_string() + " is the VIP of " + mesh::to_string(winner) +
           " already and stays with it; " + mesh::to_string(service) + " is allocated another");
      continue;
    }
    claim.vips.push_back(ip);
    const auto held = ledger_.view(ip);
    const bool own = held && held->is_of(service);
    if (own && !held->released) continue;
    use(ip);
    if (own) {
      change(Change::What::Restore, {service, ip, held->since, {}}, "given by status.vips");
      continue;
    }
    if (held) {
      change(Change::What::Forget, held->lease(),
             "status.vips give it to " + mesh::to_string(service));
      if (is_here(*held)) {
        warn(ip.to_string() + " moves from " + mesh::to_string(held->service()) + " to " +
             mesh::to_string(service) + ", whose status.vips name it");
      }
    }
    change(Change::What::Allocate, {service, ip, now_, {}}, "given by status.vips");
  }
}

// A VIP once given stays, unless status.vips name another or its pool is gone and we may renumber.
void Round::keep(Claim& claim) {
  bool given[std::size(kFamilies)] = {};
  for (const Family family : kFamilies) {
    given[static_cast<std::size_t>(family)] = has_family(claim.vips, family);
  }
  for (const LeaseView& lease : ledger_.of(*claim.service)) {
    if (lease.released || used_.contains(lease.ip) || has(claim.vips, lease.ip)) continue;
    Lease released = lease.lease();
    released.released = now_;
    if (given[static_cast<std::size_t>(lease.ip.family())]) {
      change(Change::What::Release, std::move(released), "status.vips of the service name others");
      claim.diagnostics.push_back({mesh::Severity::Notice, claim.given->position, "status.vips",
                                   mesh::to_string(*claim.service) + " moves from " +
                                       lease.ip.to_string() + " to the given addresses"});
    } else if (policy_.renumber && outside_pools(lease, occupancy_)) {
      change(Change::What::Release, std::move(released), "renumbered: no pool contains it");
    } else {
      claim.vips.push_back(lease.ip);
    }
  }
}

void Round::release(const std::vector<LeaseView>& orphans) {
  for (const LeaseView& lease : orphans) {
    if (used_.contains(lease.ip)) continue;
    Lease released = lease.lease();
    released.released = now_;
    change(Change::What::Release, std::move(released), "the service is gone");
  }
}

// The service is back: so is its address.
void Round::restore(Claim& claim) {
  for (const Family family : kFamilies) {
    if (has_family(claim.vips, family)) continue;
    std::optional<LeaseView> last;
    for (const LeaseView& lease : ledger_.of(*claim.service)) {
      const bool free = lease.released && lease.ip.family() == family &&
                        !used_.contains(lease.ip) &&
                        !(policy_.renumber && outside_pools(lease, occupancy_));
      if (free && (!last || *last->released < *lease.released)) last = lease;
    }
    if (!last) continue;
    claim.vips.push_back(last->ip);
    use(last->ip);
    change(Change::What::Restore, {*claim.service, last->ip, last->since, {}},
           "the service is back");
  }
}

std::optional<Ip> Round::untouched_address(Supply& supply, const ServiceId& service) {
  const std::uint64_t hashed = hash(service);
  for (std::size_t i = 0; i < supply.pools.size(); ++i) {
    if (supply.untouched[i] == 0) continue;
    const Pool& pool = occupancy_.pools()[supply.pools[i]].pool;
    for (std::uint64_t attempt = 0; attempt < pool.usable(); ++attempt) {
      const Ip ip = pool.candidate(hashed, attempt);
      if (!used_.contains(ip) && !ledger_.contains(ip)) return ip;
    }
  }
  return std::nullopt;
}

// The longest released one whose quarantine is over.
std::optional<LeaseView> Round::reusable_address(Supply& supply) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < supply.pools.size(); ++i) {
    const Occupancy::PoolState& state = occupancy_.pools()[supply.pools[i]];
    auto& next = supply.next[i];
    while (next != state.reusable.end() &&
           (used_.contains(next->second) || !state.pool.can_give(next->second))) {
      ++next;
    }
    if (next != state.reusable.end() && (!best || *next < *supply.next[*best])) best = i;
  }
  if (!best) return std::nullopt;
  return ledger_.view(supply.next[*best]->second);
}

void Round::allocate_missing(Claim& claim) {
  const ServiceId& service = *claim.service;
  for (const Family family : kFamilies) {
    Supply& from = supply(service.kind, family);
    if (from.pools.empty() || has_family(claim.vips, family)) continue;
    if (const auto ip = untouched_address(from, service)) {
      claim.vips.push_back(*ip);
      use(*ip);
      change(Change::What::Allocate, {service, *ip, now_, {}}, "new");
    } else if (const auto old = reusable_address(from)) {
      claim.vips.push_back(old->ip);
      use(old->ip);
      change(Change::What::Forget, old->lease(), "its pool has no address left that nobody had");
      change(Change::What::Allocate, {service, old->ip, now_, {}},
             "reused: " + mesh::to_string(old->service()) + " had it until " +
                 time_text(*old->released));
    } else {
      claim.missing[static_cast<std::size_t>(family)] = true;
      Shortage& shortage =
          shortages_[static_cast<std::size_t>(service.kind)][static_cast<std::size_t>(family)];
      if (shortage.services++ > 0) continue;
      shortage.first = &service;
      shortage.why = why_missing(from);
    }
  }
}

}  // namespace vip
