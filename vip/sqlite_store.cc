#include "vip/sqlite_store.h"

#include <string>

#include "state/statement.h"

namespace vip {
namespace {

using state::Statement;

constexpr const char* kTable = "leases";

LeaseView lease(const state::File& file, const Statement& row) {
  const auto ip = mesh::Ip::parse(row.view(0));
  const auto kind = mesh::parse_kind(row.view(1));
  if (!ip || !kind) {
    throw state::Unusable("state file " + file.path() + ": a lease can't be read: " + row.text(0) +
                          ": it is damaged or no state file; `serve --reset-state` sets it aside "
                          "and starts a new one, in which services get their VIPs anew");
  }
  LeaseView lease{*kind, row.view(2), row.view(3), *ip, row.number(4), std::nullopt};
  if (!row.is_null(5)) lease.released = row.number(5);
  return lease;
}

// Writes changes by statements that are prepared once.
class Writer {
 public:
  explicit Writer(const state::File& file)
      : insert_(file,
                "INSERT INTO leases(ip, kind, mesh, name, since, released) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        release_(file, "UPDATE leases SET released = ?2 WHERE ip = ?1"),
        forget_(file, "DELETE FROM leases WHERE ip = ?1") {}

  void write(const Change& change) {
    const std::string ip = change.lease.ip.to_string();
    switch (change.what) {
      case Change::What::Allocate:
        return insert(ip, change.lease);
      case Change::What::Forget:
        forget_.bind(1, ip);
        return forget_.run();
      case Change::What::Restore:
      case Change::What::Release:
        release_.bind(1, ip);
        bind_released(release_, 2, change.lease);
        return release_.run();
    }
  }

 private:
  static void bind_released(Statement& statement, int parameter, const Lease& lease) {
    lease.released ? statement.bind(parameter, *lease.released) : statement.bind_null(parameter);
  }
  void insert(const std::string& ip, const Lease& lease) {
    insert_.bind(1, ip);
    insert_.bind(2, mesh::to_string(lease.service.kind));
    insert_.bind(3, lease.service.mesh);
    insert_.bind(4, lease.service.name);
    insert_.bind(5, lease.since);
    bind_released(insert_, 6, lease);
    insert_.run();
  }

  Statement insert_;
  Statement release_;
  Statement forget_;
};

}  // namespace

Ledger SqliteStore::load() {
  Ledger ledger;
  if (!file_.has_table(kTable)) return ledger;
  Statement count(file_, "SELECT count(*) FROM leases");
  if (count.step()) ledger.reserve(static_cast<std::size_t>(count.number(0)));
  Statement rows(file_, "SELECT ip, kind, mesh, name, since, released FROM leases");
  while (rows.step()) ledger.add(lease(file_, rows));
  return ledger;
}

CommitResult SqliteStore::commit(std::span<const Change> changes) {
  if (changes.empty()) return Committed{};
  try {
    state::Transaction transaction(file_);
    Writer writer(file_);
    for (const Change& change : changes) writer.write(change);
    transaction.commit();
  } catch (const state::Error& error) {
    return Failed{error.what()};
  }
  return Committed{};
}

void verify_leases(state::File& file) {
  SqliteStore(file).load();
}

}  // namespace vip
