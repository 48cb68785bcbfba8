#include "app/table_in_use.h"

#include <algorithm>
#include <utility>

#include "app/change_log.h"
#include "app/host.h"
#include "app/log.h"

namespace app {
namespace {

std::unique_ptr<state::File> open_file(const std::string& path, state::Open open) {
  // As a full disk, a copy that was cut off or a mount that is wrong leaves it. It is taken as new.
  if (state::is_empty_file(path)) {
    log::warn(
        "the state file is empty, and is started anew: services get their VIPs anew; if there is a "
        "copy of it, put that in its place and start again",
        {{"state", path}});
  }
  auto file = state::File::open(path, open, vip::verify_leases);
  file->check();
  return file;
}

// What leads from one table to the other. Views both.
pipeline::LastTableChanges difference(const Table& before, const Table& after) {
  pipeline::LastTableChanges changes;
  changes.zones = after.zones();
  Table::Reader old_reader(before);
  Table::Reader new_reader(after);
  TableEntry o;
  TableEntry n;
  bool has_old = old_reader.next(o);
  bool has_new = new_reader.next(n);
  while (has_old || has_new) {
    const bool only_old = !has_new || (has_old && o.hostname < n.hostname);
    const bool only_new = !has_old || (has_new && n.hostname < o.hostname);
    if (only_old) changes.removed.push_back(o.hostname);
    if (only_new || (!only_old && o != n)) changes.put.push_back(n);
    if (!only_new) has_old = old_reader.next(o);
    if (!only_old) has_new = new_reader.next(n);
  }
  return changes;
}

}  // namespace

Table table_of(const pipeline::LastNames& names) {
  std::vector<TableEntry> entries(names.size());
  pipeline::LastNames::Reader reader(names);
  for (TableEntry& entry : entries) reader.next(entry);
  std::ranges::sort(entries, {}, &TableEntry::hostname);
  return Table(names.mesh, names.zones, entries);
}

TableInUse::TableInUse(const config::Settings& settings, state::Open open)
    : settings_(settings),
      file_(open_file(settings.state, open)),
      leases_(*file_),
      last_(*file_, settings.mesh),
      ledger_(leases_.load()) {
  const auto [names, problem] = last_.load();
  if (!problem.empty()) {
    log::warn("the last good table is not used", {{"reason", problem}, {"state", settings.state}});
  }
  if (!names) return;
  table_ = table_of(*names);
  log::info("serving the table of the state file until the resources are read",
            {{"names", std::to_string(this->names())}, {"state", settings.state}});
}

// The serial of the SOA: seconds of the Unix time, and one more for each table within a second.
std::uint32_t TableInUse::next_serial() {
  serial_ = std::max(serial_ + 1, static_cast<std::uint32_t>(unix_time()));
  return serial_;
}

std::shared_ptr<const dns::Zone> TableInUse::first_zone() {
  return make_zone(table_, settings_, next_serial(), exists());
}

std::shared_ptr<const dns::Zone> TableInUse::zone_of(const Table& table) {
  return make_zone(table, settings_, next_serial());
}

bool TableInUse::commit(const Build& build) {
  const vip::CommitResult result = leases_.commit(build.allocation.changes);
  if (const auto* failed = std::get_if<vip::Failed>(&result)) {
    log::error("the table in use stays, since new VIPs can't be stored; tried again soon",
               {{"reason", failed->reason}});
    if (!uncommitted_since_) uncommitted_since_ = std::chrono::steady_clock::now();
    return false;
  }
  uncommitted_since_.reset();
  ledger_.apply(build.allocation.changes);
  return true;
}

void TableInUse::replace(const Table& table) {
  ++replaced_;
  if (equals(table)) return;
  names_moved_ += log_changes(table_, table);
  if (!changed_) stored_table_ = std::move(table_);
  table_ = table;
  changed_ = true;
}

void TableInUse::store() {
  if (!changed_) return;
  const bool failed = !stored_;
  try {
    last_.apply(difference(stored_table_, table_));
    stored_table_ = {};
    changed_ = false;
    stored_ = true;
    if (failed) log::info("the table is kept for the next start again");
  } catch (const state::Error& error) {
    stored_ = false;
    if (failed) return;  // told before
    log::warn("the table can't be kept for the next start; tried again every few seconds",
              {{"reason", error.what()}});
  }
}

}  // namespace app
