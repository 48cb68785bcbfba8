#include "app/table_in_use.h"

#include <algorithm>
#include <utility>

#include "app/change_log.h"
#include "host/host.h"
#include "logging/log.h"

namespace app {
namespace {

std::unique_ptr<vip::Store> open_store(const std::string& path, vip::Open open) {
  // As a full disk, a copy that was cut off or a mount that is wrong leaves it. It is taken as new.
  if (vip::is_empty_file(path)) {
    logging::warn(
        "the state file is empty, and is started anew: services get their VIPs anew; if there is a "
        "copy of it, put that in its place and start again",
        {{"state", path}});
  }
  return vip::open_sqlite(path, open);
}

}  // namespace

TableInUse::TableInUse(const config::Settings& settings, vip::Open open)
    : settings_(settings), store_(open_store(settings.state, open)), ledger_(store_->load()) {
  auto table = pipeline::Table::from_bytes(store_->load_table());
  if (!table || table->mesh() != settings.mesh) return;
  table_ = std::move(*table);
  logging::info("serving the table of the state file until the resources are read",
                {{"names", std::to_string(names())}, {"state", settings.state}});
}

// The serial of the SOA: seconds of the Unix time, and one more for each table within a second.
std::uint32_t TableInUse::next_serial() {
  serial_ = std::max(serial_ + 1, static_cast<std::uint32_t>(host::unix_time()));
  return serial_;
}

std::shared_ptr<const dns::Zone> TableInUse::first_zone() {
  return pipeline::make_zone(table_, settings_, next_serial(), exists());
}

std::shared_ptr<const dns::Zone> TableInUse::zone_of(const pipeline::Table& table) {
  return pipeline::make_zone(table, settings_, next_serial());
}

bool TableInUse::commit(const pipeline::Build& build) {
  try {
    store_->commit(build.allocation.changes);
  } catch (const vip::StoreError& error) {
    logging::error("the table in use stays, since new VIPs can't be stored; tried again soon",
                   {{"reason", error.what()}});
    if (!uncommitted_since_) uncommitted_since_ = std::chrono::steady_clock::now();
    return false;
  }
  uncommitted_since_.reset();
  ledger_.apply(build.allocation.changes);
  return true;
}

void TableInUse::replace(const pipeline::Table& table) {
  ++replaced_;
  if (equals(table)) return;
  names_moved_ += log_changes(table_, table);
  table_ = table;
  changed_ = true;
}

void TableInUse::store() {
  if (!changed_) return;
  const bool failed = !stored_;
  try {
    store_->save_table(table_.bytes());
    changed_ = false;
    stored_ = true;
    if (failed) logging::info("the table is kept for the next start again");
  } catch (const vip::StoreError& error) {
    stored_ = false;
    if (failed) return;  // told before
    logging::warn("the table can't be kept for the next start; tried again every few seconds",
                  {{"reason", error.what()}});
  }
}

}  // namespace app
