#include "vip/allocator.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <iterator>
#include <utility>

namespace vip {

Allocator::Allocator(Policy policy, Ledger ledger)
    : policy_(std::move(policy)),
      ledger_(std::move(ledger)),
      occupancy_(policy_.pools, policy_.quarantine) {
  ledger_.for_each(
      [&](std::uint32_t, const LeaseView& lease) { occupancy_.add(lease.ip, lease.released); });
  pools_ = occupancy_.use();
}

void Allocator::change(const Request& request) {
  given_.set(request);
  pending_.push_back({request.service, !request.borrowed, ++changes_});
}

void Allocator::remove(const mesh::ServiceId& service) {
  given_.erase(service);
  pending_.push_back({service, false, ++changes_});
}

// By service, each with its last change.
void Allocator::sort_pending() {
  if (!std::ranges::is_sorted(pending_, std::less_equal<>(), &Pending::service)) {
    std::ranges::stable_sort(pending_, {}, &Pending::service);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const bool last = i + 1 == pending_.size() || pending_[i].service != pending_[i + 1].service;
    if (!last) continue;
    if (kept != i) pending_[kept] = std::move(pending_[i]);
    ++kept;
  }
  pending_.resize(kept);
}

// It has a lease of each family that its kind has a pool of, and nothing that it would have to
// move.
// Marks its leases in `claimed`, which is empty if nobody needs the marks.
bool Allocator::is_settled(const mesh::ServiceId& service, std::vector<bool>& claimed) const {
  bool living[std::size(kFamilies)] = {};
  bool returns[std::size(kFamilies)] = {};
  bool moves = false;
  ledger_.for_each_of(service, [&](std::uint32_t number, const LeaseView& lease) {
    if (!claimed.empty()) claimed[number] = true;
    const auto family = static_cast<std::size_t>(lease.ip.family());
    (lease.released ? returns : living)[family] = true;
    moves = moves || (policy_.renumber && !lease.released && outside_pools(lease, occupancy_));
  });
  if (moves || given_.of(service) != nullptr || unsettled_.contains(service)) return false;
  for (const Occupancy::PoolState& state : occupancy_.pools()) {
    const auto family = static_cast<std::size_t>(state.pool.family());
    if (state.pool.kind() == service.kind && !living[family]) return false;
  }
  for (std::size_t i = 0; i < std::size(kFamilies); ++i) {
    if (returns[i] && !living[i]) return false;
  }
  return true;
}

// REQUIRES: the service has a living lease, and nothing was accepted yet or sort_pending() was
// called.
bool Allocator::allocates(const mesh::ServiceId& service) const {
  const auto found = std::ranges::lower_bound(pending_, service, {}, &Pending::service);
  if (found != pending_.end() && found->service == service) return found->allocates;
  return !first_;
}

// The services of the round.
std::set<mesh::ServiceId> Allocator::considered(std::vector<bool>& claimed) const {
  std::set<mesh::ServiceId> services;
  for (const Pending& pending : pending_) {
    if (pending.allocates && !is_settled(pending.service, claimed)) {
      services.insert(services.end(), pending.service);
    }
  }
  for (const auto& [service, unsettled] : unsettled_) {
    const auto found = std::ranges::lower_bound(pending_, service, {}, &Pending::service);
    const bool changed = found != pending_.end() && found->service == service;
    if (!changed || found->allocates) services.insert(service);
  }
  // Those that lose a lease to a service that is given its address.
  std::vector<mesh::ServiceId> losers;
  for (const mesh::ServiceId& service : services) {
    const Request* request = given_.of(service);
    if (request == nullptr) continue;
    for (const mesh::Ip& ip : request->given) {
      const auto lease = ledger_.view(ip);
      if (!lease || lease->released || lease->is_of(service)) continue;
      if (given_.winner(ip, ledger_) != service) continue;
      if (mesh::ServiceId loser = lease->service(); allocates(loser)) {
        losers.push_back(std::move(loser));
      }
    }
  }
  services.insert(losers.begin(), losers.end());
  return services;
}

// The living leases of services that are gone, or that borrow their VIPs now.
std::vector<LeaseView> Allocator::gone(const std::vector<bool>& claimed) const {
  if (first_) return orphans(ledger_, claimed);
  std::vector<LeaseView> leases;
  for (const Pending& pending : pending_) {
    if (pending.allocates) continue;
    for (const LeaseView& lease : ledger_.of(pending.service)) {
      if (!lease.released) leases.push_back(lease);
    }
  }
  return leases;
}

Proposal Allocator::propose(Seconds now) {
  next_ = {};
  next_.number = changes_;
  sort_pending();
  occupancy_.advance(now);
  // The first proposal releases what nobody claims.
  std::vector<bool> claimed(first_ ? ledger_.capacity() : 0);
  const std::set<mesh::ServiceId> services = considered(claimed);
  std::vector<Claim> claims;
  claims.reserve(services.size());
  for (const mesh::ServiceId& service : services) {
    claims.push_back({&service, given_.of(service), {}, {}, {}});
  }
  Round round(policy_, ledger_, occupancy_, given_, now);
  round.run(claims, gone(claimed));
  next_.why = reasons(round.shortages());
  next_.shortages = diagnostics(round.shortages());
  Proposal proposal = compare(claims);
  proposal.pools = occupancy_.use_after(round.changes(), ledger_);
  proposal.changes = std::move(round.changes());
  return proposal;
}

// What the round's services have, against what they had.
Proposal Allocator::compare(const std::vector<Claim>& claims) {
  Proposal proposal;
  auto& [removed, added] = proposal.diagnostics;
  removed = shortages_;
  added = next_.shortages;
  for (const auto& [service, unsettled] : unsettled_) {
    removed.insert(removed.end(), unsettled.diagnostics.begin(), unsettled.diagnostics.end());
  }
  for (const Claim& claim : claims) {
    std::string missing = missing_text(claim.service->kind, claim.missing, next_.why);
    if (claim.vips != vips(*claim.service) || missing != this->missing(*claim.service)) {
      proposal.served.push_back({*claim.service, claim.vips, std::move(missing)});
    }
    added.insert(added.end(), claim.diagnostics.begin(), claim.diagnostics.end());
    const bool any_missing = std::ranges::find(claim.missing, true) != claim.missing.end();
    if (any_missing) ++next_.missing_services;
    if (!any_missing && claim.diagnostics.empty()) continue;
    next_.unsettled.emplace_hint(next_.unsettled.end(), *claim.service,
                                 Unsettled{claim.missing, claim.diagnostics});
  }
  return proposal;
}

void Allocator::accept(const Proposal& proposal) {
  for (const Change& change : proposal.changes) {
    occupancy_.apply(change, ledger_);
    ledger_.apply(change);
  }
  unsettled_ = std::move(next_.unsettled);
  why_ = std::move(next_.why);
  shortages_ = std::move(next_.shortages);
  pools_ = proposal.pools;
  missing_services_ = next_.missing_services;
  if (std::erase_if(pending_, [&](const Pending& p) { return p.number <= next_.number; }) > 0) {
    pending_.shrink_to_fit();  // the first proposal is of all services
  }
  first_ = false;
}

std::vector<mesh::Ip> Allocator::vips(const mesh::ServiceId& service) const {
  std::vector<mesh::Ip> vips;
  ledger_.for_each_of(service, [&](std::uint32_t, const LeaseView& lease) {
    if (!lease.released) vips.push_back(lease.ip);
  });
  std::ranges::sort(vips);
  return vips;
}

std::string Allocator::missing(const mesh::ServiceId& service) const {
  const auto found = unsettled_.find(service);
  if (found == unsettled_.end()) return "";
  return missing_text(service.kind, found->second.missing, why_);
}

}  // namespace vip
