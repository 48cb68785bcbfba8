// Gives every service its virtual IP: a pure function from services, pools and what the store
// holds to what it should hold.
//
// The first probe is a hash of (kind, mesh, name), the next free address after that, so that
// instances that never talk to each other agree on nearly all. What the store holds always wins:
// a VIP once given never moves.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "mesh/resources.h"
#include "vip/lease.h"
#include "vip/ledger.h"

namespace vip {

// The ranges that each kind allocates from, in order of preference.
struct Pools {
  std::vector<mesh::Cidr> mesh_service;
  std::vector<mesh::Cidr> mesh_external_service;
  std::vector<mesh::Cidr> mesh_multi_zone_service;

  const std::vector<mesh::Cidr>& of(mesh::Kind kind) const;
};

// Errors where pools overlap each other, or hold no usable address.
mesh::Diagnostics check(const Pools& pools);

// The addresses of a pool that can be given out: all but the network and broadcast addresses
// (IPv6: the subnet-router anycast address). A /31 or /32 (IPv6 /127, /128) has none left.
std::uint64_t usable(const mesh::Cidr& pool);  // saturates

struct Request {
  mesh::ServiceId service;
  std::vector<mesh::Ip> given;  // status.vips of the resource: kept as they are
  mesh::Position position;      // for diagnostics
  // The given addresses are somebody else's to give: they are all that the service has, several may
  // have the same, and nothing is stored of them.
  bool borrowed = false;
};

struct Policy {
  Pools pools;
  Seconds quarantine = 300;  // how long a released address rests before another service gets it
  bool renumber = false;     // move leases that no pool of their kind contains any more
};

struct PoolUse {
  mesh::Kind kind;
  mesh::Cidr pool;
  std::uint64_t usable = 0;
  std::uint64_t used = 0;         // held by services that are there
  std::uint64_t quarantined = 0;  // tombstones within the quarantine
  std::uint64_t tombstones = 0;   // all tombstones
};

struct Allocation {
  // One entry a request, in their order: the addresses it is served with, IPv4 first.
  std::vector<std::vector<mesh::Ip>> vips;
  // One entry a request: why an address is missing ("pool 241.0.0.0/30 is exhausted ..."), or "".
  std::vector<std::string> missing;
  std::vector<Change> changes;  // to be committed before any of `vips` is served
  std::vector<PoolUse> pools;
  mesh::Diagnostics diagnostics;
};

// A service whose status.vips give it addresses keeps those, in a pool or not, unless another
// service holds one of them; a family of which it is given none is allocated as usual. What it held
// before becomes a tombstone.
//
// REQUIRES: the services of `requests` are distinct. Services that hold a lease in `ledger` and
// make no request are released. The result doesn't depend on the order of `requests`.
Allocation allocate(std::span<const Request> requests, const Policy& policy, const Ledger& ledger,
                    Seconds now);

}  // namespace vip
