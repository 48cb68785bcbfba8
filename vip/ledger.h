// The leases in memory, found by service and by address: what the store held when it was opened,
// and every change since.
//
// Owned by one thread. Plain value otherwise.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "vip/lease.h"

namespace vip {

class Ledger {
 public:
  Ledger() = default;
  // REQUIRES: no address twice, no family twice for one service.
  explicit Ledger(std::vector<Lease> leases);

  const Lease* find(const mesh::Ip& ip) const;
  // The service's lease in that family, living or tombstone.
  const Lease* find(const mesh::ServiceId& service, mesh::Family family) const;

  // Sorted by service, then address.
  std::vector<Lease> leases() const;
  std::size_t size() const;

  void apply(std::span<const Change> changes);

 private:
  // The module decides.
};

}  // namespace vip
