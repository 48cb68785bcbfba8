// Gives every service its virtual IP: a pure function from services, pools and what the store
// holds to what it should hold.
//
// The first probe is a hash of (kind, mesh, name), the next free address after that, so that
// instances that never talk to each other agree on nearly all. What the store holds always wins:
// a VIP once given never moves, unless status.vips move it.
//
// This is the specification of vip/allocator.h, which does the same for what has changed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "mesh/resources.h"
#include "vip/lease.h"
#include "vip/ledger.h"
#include "vip/pools.h"

namespace vip {

struct Request {
  mesh::ServiceId service;
  std::vector<mesh::Ip> given;  // status.vips of the resource: kept as they are
  mesh::Position position;      // for diagnostics
  // The given addresses are the source's own: they are looked up here and never allocated. They are
  // all that the service has, several services may have the same, and no lease is stored of them.
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

  friend bool operator==(const PoolUse&, const PoolUse&) = default;
};

struct Allocation {
  // One entry a request, in their order: the addresses it is served with, IPv4 first.
  std::vector<std::vector<mesh::Ip>> vips;
  // One entry a request: why an address is missing ("pool 241.0.0.0/30 is exhausted ..."), or "".
  std::vector<std::string> missing;
  std::vector<Change> changes;  // to be committed before any of `vips` is served
  std::vector<PoolUse> pools;   // with `changes`
  mesh::Diagnostics diagnostics;
};

// A service whose status.vips give it addresses has those, in a pool or not; a family of which it
// is given none is allocated as usual. The given addresses of all services are assigned first, as
// one assignment: services may swap theirs, and one that was allocated an address that is now given
// to another moves. Of several services that are given one address, the one that holds it has it,
// else the first. What a service held before becomes a tombstone.
//
// REQUIRES: the services of `requests` are distinct. Services that hold a lease in `ledger` and
// make no request are released. The result doesn't depend on the order of `requests`.
Allocation allocate(std::span<const Request> requests, const Policy& policy, const Ledger& ledger,
                    Seconds now);

}  // namespace vip
