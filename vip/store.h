// Where leases outlive the process.
//
// A seam with two implementations: SQLite (one file, the default) and etcd (a fleet that shares
// its VIPs). A store is owned by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "vip/lease.h"

namespace vip {

// The store can't be opened, read or written: names the file, the reason and the remedy.
class StoreError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual std::vector<Lease> load() = 0;  // throws StoreError

  // Writes all changes or none, and returns once they are on disk. Throws StoreError.
  virtual void commit(std::span<const Change> changes) = 0;

  // The last good table, kept beside the leases as bytes that only the caller understands, so
  // that a restart answers before any source was read. `load_table` gives "" when there is none.
  virtual void save_table(std::string_view bytes) = 0;
  virtual std::string load_table() = 0;
};

}  // namespace vip
