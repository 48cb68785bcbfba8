#include "state/schema.h"

namespace state {
namespace {

constexpr Step kSteps[] = {
    // The leases (vip/sqlite_store). mesh-dns 0.1 has a table `last_good_table` besides, with the
    // last good table as one row: pipeline/last_table converts that row, and drops the table.
    {1, R"(
  CREATE TABLE leases(
    ip       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    mesh     TEXT NOT NULL,
    name     TEXT NOT NULL,
    since    INTEGER NOT NULL,
    released INTEGER
  ) WITHOUT ROWID;)"},
    // The last good table (pipeline/last_table), and the bytes of other outputs.
    {2, R"(
  CREATE TABLE last_table_head(
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    checksum INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    buckets  INTEGER NOT NULL,
    names    INTEGER NOT NULL
  );
  CREATE TABLE last_table(
    bucket   INTEGER PRIMARY KEY,
    checksum INTEGER NOT NULL,
    bytes    BLOB NOT NULL
  );
  CREATE TABLE outputs(
    key      TEXT PRIMARY KEY,
    checksum INTEGER NOT NULL,
    bytes    BLOB NOT NULL
  );)"},
};

}  // namespace

std::span<const Step> steps() {
  return kSteps;
}

}  // namespace state
