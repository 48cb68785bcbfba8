// The leases in the state file. Never has a conflict: an instance has its file for itself.
#pragma once

#include "state/file.h"
#include "vip/store.h"

namespace vip {

class SqliteStore : public Store {
 public:
  // REQUIRES: `file` outlives it, and no other thread uses `file` meanwhile.
  explicit SqliteStore(state::File& file) : file_(file) {}

  // Throws state::Unusable if a lease can't be read.
  Ledger load() override;
  CommitResult commit(std::span<const Change> changes) override;

 private:
  state::File& file_;
};

// Throws state::Unusable if a lease can't be read: for File::open(), which then sets the file aside
// if it may.
void verify_leases(state::File& file);

}  // namespace vip
