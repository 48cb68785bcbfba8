// One round of allocation over the services whose result may differ from what the ledger has: all
// of them for allocate(), the changed and unsettled ones for Allocator. Internal to the folder.
//
// Services that are not in the round are settled: they are served with their living leases, want
// nothing else, and no other service of the round is given one of those.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "mesh/resources.h"
#include "vip/allocate.h"
#include "vip/given.h"
#include "vip/ledger.h"
#include "vip/occupancy.h"

namespace vip {

inline constexpr mesh::Family kFamilies[] = {mesh::Family::V4, mesh::Family::V6};

// A service of the round, and what it gets.
struct Claim {
  const mesh::ServiceId* service = nullptr;
  const Request* given = nullptr;  // null: status.vips give it nothing

  std::vector<mesh::Ip> vips;  // sorted
  std::array<bool, std::size(kFamilies)> missing{};
  mesh::Diagnostics diagnostics;
};

// Why services of a kind have no address of a family.
struct Shortage {
  std::string why;  // "": none is missing
  std::size_t services = 0;
  const mesh::ServiceId* first = nullptr;
};

// By kind and family.
template <typename T>
using BySupply = std::array<std::array<T, std::size(kFamilies)>, std::size(mesh::kKinds)>;

BySupply<std::string> reasons(const BySupply<Shortage>& shortages);
// Why the addresses in `missing` are: of both families in one text, "" if none is.
std::string missing_text(mesh::Kind kind, const std::array<bool, std::size(kFamilies)>& missing,
                         const BySupply<std::string>& why);
// One error a shortage, however many services have no address.
mesh::Diagnostics diagnostics(const BySupply<Shortage>& shortages);

// The living leases whose numbers are not in `claimed`, by service and address.
std::vector<LeaseView> orphans(const Ledger& ledger, const std::vector<bool>& claimed);

class Round {
 public:
  // What is given is read until the last function returns. REQUIRES: `occupancy` is that of
  // `ledger`, advanced to `now`.
  Round(const Policy& policy, const Ledger& ledger, const Occupancy& occupancy, const Given& given,
        Seconds now);

  // `claims`: in the order of services, distinct. `orphans`: living leases of services that are
  // gone, in the order of services and addresses.
  void run(std::vector<Claim>& claims, const std::vector<LeaseView>& orphans);

  std::vector<Change>& changes() { return changes_; }
  const BySupply<Shortage>& shortages() const { return shortages_; }

 private:
  // The pools of one kind and family together.
  struct Supply {
    std::vector<std::size_t> pools;        // of occupancy_
    std::vector<std::uint64_t> untouched;  // of each: addresses that nobody ever held
    std::vector<Occupancy::Tombstones::const_iterator> next;  // of each: the next to be reused
  };

  void fill_supplies();
  void take_given(Claim& claim);
  void keep(Claim& claim);
  void release(const std::vector<LeaseView>& orphans);
  void restore(Claim& claim);
  void allocate_missing(Claim& claim);

  void change(Change::What what, Lease lease, std::string why);
  void use(const mesh::Ip& ip);
  bool is_here(const LeaseView& lease) const;
  std::optional<mesh::Ip> untouched_address(Supply& supply, const mesh::ServiceId& service);
  std::optional<LeaseView> reusable_address(Supply& supply);
  std::string why_missing(const Supply& supply) const;

  Supply& supply(mesh::Kind kind, mesh::Family family) {
    return supplies_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(family)];
  }

  const Policy& policy_;
  const Ledger& ledger_;
  const Occupancy& occupancy_;
  const Given& given_;
  const Seconds now_;
  const std::vector<Claim>* claims_ = nullptr;
  // Addresses that a change of this round is about, but for those that are released.
  std::unordered_set<mesh::Ip, IpHash> used_;
  BySupply<Supply> supplies_;
  BySupply<Shortage> shortages_;
  std::vector<Change> changes_;
};

// Whether no pool of the lease's kind contains it.
bool outside_pools(const LeaseView& lease, const Occupancy& occupancy);

}  // namespace vip
