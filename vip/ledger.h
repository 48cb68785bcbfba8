// The leases in memory, found by service and by address: what the store held when it was opened,
// and every change since.
//
// Owned by one thread. A plain value otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "vip/lease.h"

namespace vip {

struct IpHash {
  std::size_t operator()(const mesh::Ip& ip) const;
};

class Ledger {
 public:
  Ledger() = default;
  // REQUIRES: no address twice.
  explicit Ledger(std::vector<Lease> leases);

  const Lease* find(const mesh::Ip& ip) const;
  // The service's lease in that family: a living one if there is any, else its last tombstone.
  const Lease* find(const mesh::ServiceId& service, mesh::Family family) const;

  // Sorted by service, then address. Valid until apply().
  std::span<const Lease> leases() const { return leases_; }
  std::size_t size() const { return leases_.size(); }

  void apply(std::span<const Change> changes);

 private:
  void index();

  std::vector<Lease> leases_;
  std::unordered_map<mesh::Ip, std::uint32_t, IpHash> by_ip_;  // into leases_
};

}  // namespace vip
