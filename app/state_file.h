// The state file of an instance: the leases of the VIPs, and the last good table, which the next
// start answers from.
//
// Opened by the main thread before any other runs; from then on of the build thread, which may wait
// for the disk.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/settings.h"
#include "pipeline/last_table.h"
#include "state/file.h"
#include "vip/sqlite_store.h"

namespace app {

class StateFile {
 public:
  // Reads the table, not the leases: a start answers before they are needed. Throws state::Error.
  StateFile(const config::Settings& settings, state::Open open);

  // The last good table; nothing if there is none, or after forget().
  const std::optional<pipeline::LastNames>& last() const { return last_; }
  void forget() { last_.reset(); }

  vip::Store& leases() { return leases_; }
  pipeline::LastTable& table() { return table_; }

 private:
  const std::unique_ptr<state::File> file_;
  vip::SqliteStore leases_;
  pipeline::LastTable table_;
  std::optional<pipeline::LastNames> last_;
};

}  // namespace app
