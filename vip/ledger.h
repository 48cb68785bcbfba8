// The leases in memory, found by service and by address: what the store held when it was loaded,
// and every change since.
//
// Some 75 bytes a lease, its name of 20 characters included: a host of a large mesh holds a
// million. Owned by one thread. A plain value otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vip/lease.h"
#include "vip/slots.h"

namespace vip {

struct IpHash {
  std::size_t operator()(const mesh::Ip& ip) const;
};

class Ledger {
 public:
  Ledger() = default;
  // REQUIRES: no address twice.
  explicit Ledger(const std::vector<Lease>& leases);

  // Makes room for that many leases in all.
  void reserve(std::size_t leases);
  // REQUIRES: no lease has its address.
  void add(const LeaseView& lease);
  // In order; each costs what it changes. Changes of leases that are not there are ignored.
  void apply(std::span<const Change> changes);
  void apply(const Change& change);

  std::size_t size() const { return size_; }
  bool contains(const mesh::Ip& ip) const { return number_of(ip) != Slots::kNone; }
  std::optional<Lease> find(const mesh::Ip& ip) const;
  std::optional<LeaseView> view(const mesh::Ip& ip) const;
  // The service's lease in that family: a living one if there is any, else its last tombstone.
  std::optional<Lease> find(const mesh::ServiceId& service, mesh::Family family) const;

  // The service's leases, by address.
  std::vector<LeaseView> of(const mesh::ServiceId& service) const;

  // Calls `visit(number, lease)` for each lease, in no order. The number is below capacity(), and
  // the lease's own until it is forgotten.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t number = 0; number < entries_.size(); ++number) {
      if (!is_free(entries_[number])) visit(number, view_of(entries_[number]));
    }
  }
  // The same for the leases of a service.
  template <typename Visit>
  void for_each_of(const mesh::ServiceId& service, Visit visit) const {
    for (std::uint32_t number = first_of(service); number != Slots::kNone;
         number = entries_[number].next) {
      visit(number, view_of(entries_[number]));
    }
  }
  std::size_t capacity() const { return entries_.size(); }

  // Sorted by service, then address. Costs a sort: for what a person reads.
  std::vector<Lease> leases() const;

 private:
  // 32 bytes. A free one is in the list that begins at free_, by `next`.
  struct Entry {
    Seconds since;
    Seconds released;    // kLiving: it isn't
    std::uint32_t ip;    // the IPv4 address, or which of v6_
    std::uint32_t name;  // where in names_; kNone: the entry is free
    std::uint32_t next;  // another lease of the service, or kNone
    std::uint32_t tag;   // which of meshes_, kind, family
  };

  static bool is_free(const Entry& entry) { return entry.name == Slots::kNone; }
  mesh::Ip ip_of(const Entry& entry) const;
  std::string_view name_of(const Entry& entry) const;
  LeaseView view_of(const Entry& entry) const;
  std::uint64_t service_hash(std::uint32_t number) const;
  std::uint64_t ip_hash(std::uint32_t number) const;
  std::uint32_t number_of(const mesh::Ip& ip) const;
  std::uint32_t first_of(std::uint32_t tag, std::string_view name) const;
  std::uint32_t first_of(const mesh::ServiceId& service) const;
  void link(std::uint32_t number);
  void unlink(std::uint32_t number);
  void forget(std::uint32_t number);
  std::uint32_t add_mesh(std::string_view mesh);
  std::uint32_t add_name(std::string_view name);
  std::uint32_t add_v6(const mesh::Ip& ip);
  void drop_dead_names();

  std::deque<Entry> entries_;
  std::uint32_t free_ = Slots::kNone;
  std::size_t size_ = 0;
  Slots by_service_;  // the first lease of each service
  Slots by_ip_;
  std::vector<std::string> meshes_;  // each once; few, and never dropped
  // Names, each behind its length (32 bits), in blocks of up to 64 KiB.
  std::vector<std::string> names_;
  std::size_t name_bytes_ = 0;
  std::size_t dead_name_bytes_ = 0;  // of leases that were forgotten
  std::vector<std::array<std::uint8_t, 16>> v6_;
  std::vector<std::uint32_t> free_v6_;
};

}  // namespace vip
