#include "vip/allocate.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_set>

#include "vip/pool.h"

namespace vip {
namespace {

using mesh::Family;
using mesh::Ip;
using mesh::ServiceId;

constexpr Family kFamilies[] = {Family::V4, Family::V6};

std::string setting(mesh::Kind kind) {
  switch (kind) {
    case mesh::Kind::MeshService:
      return "vip.meshService";
    case mesh::Kind::MeshExternalService:
      return "vip.meshExternalService";
    case mesh::Kind::MeshMultiZoneService:
      return "vip.meshMultiZoneService";
  }
  return "";
}

std::vector<Pool> all_pools(const Pools& pools) {
  std::vector<Pool> all;
  for (const mesh::Kind kind : mesh::kKinds) {
    for (const mesh::Cidr& range : pools.of(kind)) all.emplace_back(kind, range);
  }
  return all;
}

// The pools of one kind and family together: who still gets an address of them, and who doesn't.
struct Supply {
  std::vector<const Pool*> pools;
  std::vector<std::uint64_t> untouched;  // of each pool: addresses that nobody ever held
  // Tombstones whose quarantine is over, the longest released first; filled when first needed.
  std::vector<const Lease*> reusable;
  std::size_t next_reusable = 0;
  bool has_reusable = false;
  // Of those who got none.
  std::size_t refused = 0;
  const ServiceId* first_refused = nullptr;
  std::string why;  // they didn't
};

class Allocator {
 public:
  Allocator(std::span<const Request> requests, const Policy& policy, const Ledger& ledger,
            Seconds now)
      : requests_(requests),
        policy_(policy),
        ledger_(ledger),
        now_(now),
        pools_(all_pools(policy.pools)) {}

  Allocation run();

 private:
  // A request with what the ledger holds for its service.
  struct Claim {
    std::size_t request;
    std::span<const Lease> leases;
  };

  void join();
  void fill_supplies();
  void take_given(const Claim& claim);
  void keep(const Claim& claim);
  void restore(const Claim& claim);
  void allocate_missing(const Claim& claim);
  void report();

  bool is_live(const ServiceId& service) const;
  bool outside_pools(const Lease& lease) const;
  bool has_family(std::size_t request, Family family) const;
  void serve(std::size_t request, const Ip& ip);
  void change(Change::What what, const Lease& lease, std::string why);
  std::optional<Ip> untouched_address(Supply& supply, const ServiceId& service);
  const Lease* reusable_address(Supply& supply);
  std::string why_missing(const Supply& supply) const;

  Supply& supply(mesh::Kind kind, Family family) {
    return supplies_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(family)];
  }

  const std::span<const Request> requests_;
  const Policy& policy_;
  const Ledger& ledger_;
  const Seconds now_;
  const std::vector<Pool> pools_;
  std::vector<Claim> claims_;             // in the order of services
  std::vector<const Lease*> orphans_;     // living leases of services that are gone
  std::unordered_set<Ip, IpHash> taken_;  // served by this allocation
  std::unordered_set<Ip, IpHash> forgotten_;
  Supply supplies_[std::size(mesh::kKinds)][std::size(kFamilies)];
  Allocation result_;
};

// Requests and leases side by side, both in the order of services.
void Allocator::join() {
  std::vector<std::size_t> order(requests_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto service = [&](std::size_t i) -> const ServiceId& { return requests_[i].service; };
  if (!std::ranges::is_sorted(order, {}, service)) std::ranges::sort(order, {}, service);
  claims_.reserve(order.size());
  const auto leases = ledger_.leases();
  std::size_t at = 0;
  const auto orphan_up_to = [&](const ServiceId* end) {
    for (; at < leases.size() && (end == nullptr || leases[at].service < *end); ++at) {
      if (!leases[at].released) orphans_.push_back(&leases[at]);
    }
  };
  for (const std::size_t i : order) {
    if (requests_[i].borrowed) {
      result_.vips[i] = requests_[i].given;
      continue;
    }
    orphan_up_to(&service(i));
    const std::size_t begin = at;
    while (at < leases.size() && leases[at].service == service(i)) ++at;
    claims_.push_back({i, leases.subspan(begin, at - begin)});
  }
  orphan_up_to(nullptr);
}

void Allocator::fill_supplies() {
  for (const Pool& pool : pools_) {
    Supply& of = supply(pool.kind(), pool.family());
    of.pools.push_back(&pool);
    of.untouched.push_back(pool.usable());
  }
  for (const Lease& lease : ledger_.leases()) {
    for (auto& kind : supplies_) {
      Supply& of = kind[static_cast<std::size_t>(lease.ip.family())];
      for (std::size_t i = 0; i < of.pools.size(); ++i) {
        if (of.pools[i]->can_give(lease.ip)) --of.untouched[i];
      }
    }
  }
}

bool Allocator::is_live(const ServiceId& service) const {
  const auto found = std::ranges::lower_bound(
      claims_, service, {},
      [&](const Claim& claim) -> const ServiceId& { return requests_[claim.request].service; });
  return found != claims_.end() && requests_[found->request].service == service;
}

bool Allocator::outside_pools(const Lease& lease) const {
  return std::ranges::none_of(pools_, [&](const Pool& pool) {
    return pool.kind() == lease.service.kind && pool.contains(lease.ip);
  });
}

bool Allocator::has_family(std::size_t request, Family family) const {
  const auto& vips = result_.vips[request];
  return std::ranges::any_of(vips, [&](const Ip& ip) { return ip.family() == family; });
}

void Allocator::serve(std::size_t request, const Ip& ip) {
  result_.vips[request].push_back(ip);
  taken_.insert(ip);
}

void Allocator::change(Change::What what, const Lease& lease, std::string why) {
  result_.changes.push_back({what, lease, std::move(why)});
}

void Allocator::take_given(const Claim& claim) {
  const Request& request = requests_[claim.request];
  for (const Ip& ip : request.given) {
    const Lease* held = ledger_.find(ip);
    const bool own = held != nullptr && held->service == request.service;
    const bool others = held != nullptr && !own && !held->released && is_live(held->service);
    if (others || taken_.contains(ip)) {
      const auto& mine = result_.vips[claim.request];
      if (std::ranges::find(mine, ip) != mine.end()) continue;  // given twice to one service
      result_.diagnostics.push_back(
          {mesh::Severity::Warning, request.position, "status.vips",
           ip.to_string() + " is the VIP of " +
               (others ? mesh::to_string(held->service) : "a service before it") +
               " already and stays with it; " + mesh::to_string(request.service) +
               " is allocated another"});
      continue;
    }
    serve(claim.request, ip);
    if (own && held->released) {
      change(Change::What::Restore, {request.service, ip, held->since, {}}, "given by status.vips");
    } else if (!own) {
      if (held != nullptr) {
        change(Change::What::Forget, *held,
               "status.vips give it to " + mesh::to_string(request.service));
        forgotten_.insert(ip);
      }
      change(Change::What::Allocate, {request.service, ip, now_, {}}, "given by status.vips");
    }
  }
}

// A VIP once given stays, unless status.vips name another or its pool is gone and we may renumber.
void Allocator::keep(const Claim& claim) {
  const Request& request = requests_[claim.request];
  bool given[std::size(kFamilies)] = {};
  for (const Family family : kFamilies) {
    given[static_cast<std::size_t>(family)] = has_family(claim.request, family);
  }
  for (const Lease& lease : claim.leases) {
    if (lease.released || forgotten_.contains(lease.ip)) continue;
    const auto& mine = result_.vips[claim.request];
    if (std::ranges::find(mine, lease.ip) != mine.end()) continue;
    Lease released = lease;
    released.released = now_;
    if (given[static_cast<std::size_t>(lease.ip.family())]) {
      change(Change::What::Release, released, "status.vips of the service name others");
      result_.diagnostics.push_back({mesh::Severity::Notice, request.position, "status.vips",
                                     mesh::to_string(request.service) + " moves from " +
                                         lease.ip.to_string() + " to the given addresses"});
    } else if (policy_.renumber && outside_pools(lease)) {
      change(Change::What::Release, released, "renumbered: no pool contains it");
    } else {
      serve(claim.request, lease.ip);
    }
  }
}

// The service is back: so is its address.
void Allocator::restore(const Claim& claim) {
  for (const Family family : kFamilies) {
    if (has_family(claim.request, family)) continue;
    const Lease* last = nullptr;
    for (const Lease& lease : claim.leases) {
      const bool free = lease.released && lease.ip.family() == family &&
                        !taken_.contains(lease.ip) && !(policy_.renumber && outside_pools(lease));
      if (free && (last == nullptr || *last->released < *lease.released)) last = &lease;
    }
    if (last == nullptr) continue;
    serve(claim.request, last->ip);
    change(Change::What::Restore, {last->service, last->ip, last->since, {}},
           "the service is back");
  }
}

std::optional<Ip> Allocator::untouched_address(Supply& supply, const ServiceId& service) {
  const std::uint64_t hashed = hash(service);
  for (std::size_t i = 0; i < supply.pools.size(); ++i) {
    if (supply.untouched[i] == 0) continue;
    const Pool& pool = *supply.pools[i];
    for (std::uint64_t attempt = 0; attempt < pool.usable(); ++attempt) {
      const Ip ip = pool.candidate(hashed, attempt);
      if (taken_.contains(ip) || ledger_.find(ip) != nullptr) continue;
      --supply.untouched[i];
      return ip;
    }
    supply.untouched[i] = 0;  // given addresses took the rest
  }
  return std::nullopt;
}

const Lease* Allocator::reusable_address(Supply& supply) {
  if (!supply.has_reusable) {
    supply.has_reusable = true;
    for (const Lease& lease : ledger_.leases()) {
      if (!lease.released || now_ - *lease.released < policy_.quarantine) continue;
      const auto gives = [&](const Pool* pool) { return pool->can_give(lease.ip); };
      if (std::ranges::any_of(supply.pools, gives)) supply.reusable.push_back(&lease);
    }
    std::ranges::sort(supply.reusable, [](const Lease* a, const Lease* b) {
      return std::tie(*a->released, a->ip) < std::tie(*b->released, b->ip);
    });
  }
  while (supply.next_reusable < supply.reusable.size()) {
    const Lease* lease = supply.reusable[supply.next_reusable++];
    if (!taken_.contains(lease->ip) && !forgotten_.contains(lease->ip)) return lease;
  }
  return nullptr;
}

void Allocator::allocate_missing(const Claim& claim) {
  const ServiceId& service = requests_[claim.request].service;
  for (const Family family : kFamilies) {
    Supply& from = supply(service.kind, family);
    if (from.pools.empty() || has_family(claim.request, family)) continue;
    if (const auto ip = untouched_address(from, service)) {
      serve(claim.request, *ip);
      change(Change::What::Allocate, {service, *ip, now_, {}}, "new");
    } else if (const Lease* old = reusable_address(from)) {
      serve(claim.request, old->ip);
      forgotten_.insert(old->ip);
      change(Change::What::Forget, *old, "its pool has no address left that nobody had");
      change(Change::What::Allocate, {service, old->ip, now_, {}},
             "reused: " + mesh::to_string(old->service) + " had it until " +
                 time_text(*old->released));
    } else {
      if (from.refused++ == 0) {
        from.first_refused = &service;
        from.why = why_missing(from);
      }
      std::string& missing = result_.missing[claim.request];
      missing += (missing.empty() ? "" : "; ") + from.why;
    }
  }
}

std::string Allocator::why_missing(const Supply& supply) const {
  std::uint64_t quarantined = 0;
  std::optional<Seconds> next;
  for (const Lease& lease : ledger_.leases()) {
    const auto gives = [&](const Pool* pool) { return pool->can_give(lease.ip); };
    if (!lease.released || taken_.contains(lease.ip) || !std::ranges::any_of(supply.pools, gives)) {
      continue;
    }
    ++quarantined;
    const Seconds free = *lease.released + policy_.quarantine;
    if (!next || free < *next) next = free;
  }
  std::string text;
  std::uint64_t usable = 0;
  for (const Pool* pool : supply.pools) {
    text += (text.empty() ? "" : ", ") + pool->range().to_string();
    usable += pool->usable();
  }
  text += (supply.pools.size() == 1 ? " is exhausted: its " : " are exhausted: their ") +
          std::to_string(usable) + " addresses are in use";
  if (quarantined > 0) {
    text += " or in quarantine (" + std::to_string(quarantined) + ", the next is free at " +
            time_text(*next) + ')';
  }
  return text + "; add a range to " + setting(supply.pools.front()->kind());
}

// One error a pool, however many services it couldn't serve.
void Allocator::report() {
  for (auto& kind : supplies_) {
    for (const Supply& of : kind) {
      if (of.refused == 0) continue;
      result_.diagnostics.push_back({mesh::Severity::Error,
                                     {},
                                     setting(of.pools.front()->kind()),
                                     of.why + "; " + std::to_string(of.refused) +
                                         (of.refused == 1 ? " service has" : " services have") +
                                         " no address, the first is " +
                                         mesh::to_string(*of.first_refused)});
    }
  }
}

std::vector<PoolUse> use_of(const std::vector<Pool>& pools, std::span<const Lease> leases,
                            Seconds quarantine, Seconds now) {
  std::vector<PoolUse> uses;
  for (const Pool& pool : pools) uses.push_back({pool.kind(), pool.range(), pool.usable()});
  for (const Lease& lease : leases) {
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (!pools[i].contains(lease.ip)) continue;
      if (!lease.released) {
        ++uses[i].used;
      } else {
        ++uses[i].tombstones;
        if (now - *lease.released < quarantine) ++uses[i].quarantined;
      }
    }
  }
  return uses;
}

Allocation Allocator::run() {
  result_.vips.resize(requests_.size());
  result_.missing.resize(requests_.size());
  taken_.reserve(requests_.size());
  join();
  fill_supplies();
  // In this order, so that no new service is given what another has a claim to.
  for (const Claim& claim : claims_) take_given(claim);
  for (const Claim& claim : claims_) keep(claim);
  for (const Lease* lease : orphans_) {
    if (forgotten_.contains(lease->ip)) continue;
    Lease released = *lease;
    released.released = now_;
    change(Change::What::Release, released, "the service is gone");
  }
  for (const Claim& claim : claims_) restore(claim);
  for (const Claim& claim : claims_) allocate_missing(claim);
  for (auto& vips : result_.vips) std::ranges::sort(vips);
  report();
  if (result_.changes.empty()) {
    result_.pools = use_of(pools_, ledger_.leases(), policy_.quarantine, now_);
  } else {
    Ledger after = ledger_;
    after.apply(result_.changes);
    result_.pools = use_of(pools_, after.leases(), policy_.quarantine, now_);
  }
  return std::move(result_);
}

}  // namespace

const std::vector<mesh::Cidr>& Pools::of(mesh::Kind kind) const {
  switch (kind) {
    case mesh::Kind::MeshExternalService:
      return mesh_external_service;
    case mesh::Kind::MeshMultiZoneService:
      return mesh_multi_zone_service;
    case mesh::Kind::MeshService:
      break;
  }
  return mesh_service;
}

mesh::Diagnostics check(const Pools& pools) {
  mesh::Diagnostics diagnostics;
  const std::vector<Pool> all = all_pools(pools);
  const auto error = [&](const Pool& pool, std::string message) {
    diagnostics.push_back({mesh::Severity::Error,
                           {},
                           setting(pool.kind()),
                           pool.range().to_string() + ' ' + std::move(message)});
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].usable() == 0) {
      error(all[i],
            "has no address to give out, since the first and the last of a range never are: give "
            "a range of at least four addresses");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!all[i].range().overlaps(all[j].range())) continue;
      error(all[i], "overlaps " + all[j].range().to_string() + " of " + setting(all[j].kind()) +
                        ": an address can belong to one pool only");
    }
  }
  return diagnostics;
}

Allocation allocate(std::span<const Request> requests, const Policy& policy, const Ledger& ledger,
                    Seconds now) {
  return Allocator(requests, policy, ledger, now).run();
}

}  // namespace vip
