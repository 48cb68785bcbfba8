// The table that is answered from, and the state file that outlives it: VIPs, committed before a
// single answer carries one, and the table itself, which the next start answers from.
//
// Owned by the thread that makes tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/pipeline.h"
#include "app/table.h"
#include "config/settings.h"
#include "dns/zone.h"
#include "pipeline/last_table.h"
#include "state/file.h"
#include "vip/ledger.h"
#include "vip/sqlite_store.h"

namespace app {

// In the order of names.
Table table_of(const pipeline::LastNames& names);

class TableInUse {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Of the state file that `settings` name: there is a table from the start if it has one. Throws
  // state::Error.
  TableInUse(const config::Settings& settings, state::Open open);

  // The zone to start with, and the one of a table that takes the place of this one.
  std::shared_ptr<const dns::Zone> first_zone();
  std::shared_ptr<const dns::Zone> zone_of(const Table& table);

  // False: the VIPs of `build` can't be stored, so that this table stays.
  bool commit(const Build& build);
  // REQUIRES: it was committed.
  void replace(const Table& table);
  // Stores this table for the next start, unless the state file has it.
  void store();
  // False: it couldn't be.
  bool stored() const { return stored_; }

  // There is one: names are answered from what the sources or the state file have.
  bool exists() const { return confirmed() || !table_.mesh().empty(); }
  // It is of the sources, not of the state file.
  bool confirmed() const { return replaced_ != 0; }
  bool equals(const Table& table) const { return table.bytes() == table_.bytes(); }
  std::size_t names() const { return table_.size(); }
  const vip::Ledger& ledger() const { return ledger_; }
  // Since when VIPs can't be stored; nothing while they can.
  std::optional<Time> uncommitted_since() const { return uncommitted_since_; }

  std::uint32_t serial() const { return serial_; }  // of the last zone
  std::uint64_t replaced() const { return replaced_; }
  // Names that passed from one service to another.
  std::uint64_t names_moved() const { return names_moved_; }

 private:
  std::uint32_t next_serial();

  const config::Settings& settings_;
  const std::unique_ptr<state::File> file_;
  vip::SqliteStore leases_;
  pipeline::LastTable last_;
  vip::Ledger ledger_;
  Table table_;
  bool changed_ = false;  // since it was stored
  Table stored_table_;    // while it is not table_
  bool stored_ = true;
  std::uint32_t serial_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t names_moved_ = 0;
  std::optional<Time> uncommitted_since_;
};

}  // namespace app
