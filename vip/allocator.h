// Allocation for what has changed: the same result as allocate() over all requests, at a cost that
// follows the change.
//
//   allocator.change(request) ...                  as resources change
//   const Proposal proposal = allocator.propose(now);
//   store.commit(proposal.changes)                 on another thread; requests may change meanwhile
//   allocator.accept(proposal);                    if it was committed; else nothing, and the next
//                                                  proposal covers the same requests again
//
// A settled service has all that it asks for, and nothing is kept of it but its leases. Services
// that are not are considered in each proposal: those that an address is missing of, those that are
// given an address which another service has, and those with a diagnostic to be withdrawn.
//
// Owned by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mesh/change.h"
#include "vip/allocate.h"
#include "vip/given.h"
#include "vip/ledger.h"
#include "vip/occupancy.h"
#include "vip/round.h"

namespace vip {

// What a service is served with once the proposal is accepted.
struct Served {
  mesh::ServiceId service;
  std::vector<mesh::Ip> vips;  // IPv4 first
  std::string missing;         // why an address is missing, or ""

  friend bool operator==(const Served&, const Served&) = default;
};

struct Proposal {
  std::vector<Change> changes;  // to be committed before any of them is served
  // The services whose VIPs, or whose reason for a missing one, are not what vips() and missing()
  // return until then; in order, without those that were removed or that borrow theirs.
  std::vector<Served> served;
  mesh::DiagnosticChanges diagnostics;  // since the last accepted proposal
  std::vector<PoolUse> pools;
};

class Allocator {
 public:
  // `ledger`: what the store holds. The services that hold a lease in it are released by the first
  // accepted proposal unless they have made a request until then. After a Conflict: a new Allocator
  // of what the store holds now, and all requests again.
  Allocator(Policy policy, Ledger ledger);

  // Take effect with the next proposal. May be called while a proposal is being committed.
  void change(const Request& request);  // added or changed
  void remove(const mesh::ServiceId& service);

  // O(changed and unsettled services, times the logarithm of their number), and the tombstones
  // whose quarantine has ended. REQUIRES: the proposal before it was accepted, or nothing of it was
  // committed.
  Proposal propose(Seconds now);
  // Its changes are in the store. O(changes). REQUIRES: it is the last proposal, accepted once.
  void accept(const Proposal& proposal);

  // As of the last accepted proposal. A service that borrows its VIPs has them in its request only.
  std::vector<mesh::Ip> vips(const mesh::ServiceId& service) const;  // O(1)
  std::string missing(const mesh::ServiceId& service) const;         // O(log unsettled)
  std::size_t missing_services() const { return missing_services_; }
  const std::vector<PoolUse>& pools() const { return pools_; }
  const Ledger& ledger() const { return ledger_; }

 private:
  using Missing = std::array<bool, std::size(kFamilies)>;

  // A request that the accepted state doesn't reflect yet.
  struct Pending {
    mesh::ServiceId service;
    bool allocates = false;    // it is there, and doesn't borrow its VIPs
    std::uint64_t number = 0;  // of the change
  };
  struct Unsettled {
    Missing missing{};
    mesh::Diagnostics diagnostics;
  };
  // What accept() does besides applying the changes.
  struct Next {
    std::map<mesh::ServiceId, Unsettled> unsettled;
    std::size_t missing_services = 0;
    BySupply<std::string> why;
    mesh::Diagnostics shortages;
    std::uint64_t number = 0;  // the last change that it reflects
  };

  void sort_pending();
  std::set<mesh::ServiceId> considered(std::vector<bool>& claimed) const;
  std::vector<LeaseView> gone(const std::vector<bool>& claimed) const;
  bool is_settled(const mesh::ServiceId& service, std::vector<bool>& claimed) const;
  bool allocates(const mesh::ServiceId& service) const;
  Proposal compare(const std::vector<Claim>& claims);

  const Policy policy_;
  Ledger ledger_;
  Occupancy occupancy_;
  Given given_;
  std::vector<Pending> pending_;
  std::uint64_t changes_ = 0;
  bool first_ = true;  // nothing was accepted yet
  std::map<mesh::ServiceId, Unsettled> unsettled_;
  std::size_t missing_services_ = 0;
  BySupply<std::string> why_;
  mesh::Diagnostics shortages_;
  std::vector<PoolUse> pools_;
  Next next_;
};

}  // namespace vip
