// Where leases outlive the process.
//
// A seam for two implementations: SQLite (one file, the default) and a store that many hosts share.
// Both functions block, on the disk or on the network: they are called on a thread of their own,
// never on one that answers queries or watches sources, and by one thread at a time.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "mesh/resources.h"
#include "vip/lease.h"
#include "vip/ledger.h"

namespace vip {

// All changes are durable: the VIPs may be served.
struct Committed {};

// Nothing was written, since others have changed leases of these services, or given away their
// addresses, after they were loaded: load() again and allocate again. Only a shared store has
// conflicts.
struct Conflict {
  std::vector<mesh::ServiceId> services;
};

// Nothing was written; the same changes may be committed later. `reason` names the store and, if it
// is known, the remedy.
struct Failed {
  std::string reason;
};

using CommitResult = std::variant<Committed, Conflict, Failed>;

class Store {
 public:
  virtual ~Store() = default;

  // Throws std::runtime_error: names the store, the reason and the remedy.
  virtual Ledger load() = 0;

  // Writes all changes or none, and returns once they are durable. No change costs nothing.
  virtual CommitResult commit(std::span<const Change> changes) = 0;
};

}  // namespace vip
