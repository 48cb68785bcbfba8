// One range of addresses to allocate from: which of them can be given out, and in which order they
// are tried for a service. Internal to the folder.
#pragma once

#include <cstdint>
#include <vector>

#include "mesh/ip.h"
#include "mesh/resources.h"
#include "vip/pools.h"

namespace vip {

class Pool {
 public:
  Pool(mesh::Kind kind, const mesh::Cidr& range);

  mesh::Kind kind() const { return kind_; }
  const mesh::Cidr& range() const { return range_; }
  mesh::Family family() const { return range_.family(); }
  std::uint64_t usable() const { return usable_; }  // saturates
  // The network and broadcast addresses included.
  bool contains(const mesh::Ip& ip) const { return range_.first() <= ip && ip <= last_; }
  bool can_give(const mesh::Ip& ip) const { return first_usable_ <= ip && ip <= last_usable_; }

  // The `attempt`th address to try for a service with this hash: all usable ones in turn, from a
  // first one that the hash chooses. REQUIRES: attempt < usable()
  mesh::Ip candidate(std::uint64_t hash, std::uint64_t attempt) const;

 private:
  mesh::Kind kind_;
  mesh::Cidr range_;
  mesh::Ip last_;
  mesh::Ip first_usable_;
  mesh::Ip last_usable_;
  std::uint64_t usable_;
};

// By kind, then in order of preference.
std::vector<Pool> all_pools(const Pools& pools);

// The hash that chooses a service's first address. The same on every machine and in every version:
// it is what lets instances that never talk to each other agree. FNV-1a of 64 bits over kind, NUL,
// mesh, NUL, name, finished by MurmurHash3's mixer, without which near names get near addresses.
std::uint64_t hash(const mesh::ServiceId& service);

}  // namespace vip
