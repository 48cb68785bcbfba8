#include "pipeline/last_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <span>

#include "state/statement.h"

namespace pipeline {
namespace {

using state::Statement;

// Where mesh-dns 0.1 has the table, as one row.
constexpr const char* kVersion1Table = "last_good_table";
constexpr std::uint64_t kNamesPerBucket = 48;      // at most, when buckets are chosen
constexpr std::uint64_t kMostNamesPerBucket = 96;  // on average, before they are chosen again

// FNV-1a. Stored rows depend on it: never change it.
std::uint32_t hash(std::string_view hostname) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : hostname) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

std::uint32_t bucket_of(std::string_view hostname, std::uint32_t buckets) {
  return hash(hostname) & (buckets - 1);
}

std::uint32_t buckets_for(std::uint64_t names) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 24;
  const std::uint64_t least = (names + kNamesPerBucket - 1) / kNamesPerBucket;
  return static_cast<std::uint32_t>(
      std::min(std::bit_ceil(std::max<std::uint64_t>(least, 1)), kMost));
}

// What is to happen to one name.
struct NameChange {
  std::uint32_t bucket;
  std::string_view hostname;
  const TableEntry* put;  // null: removed
};

std::vector<NameChange> by_bucket(const LastTableChanges& changes, std::uint32_t buckets) {
  std::vector<NameChange> names;
  names.reserve(changes.put.size() + changes.removed.size());
  for (const TableEntry& entry : changes.put) {
    names.push_back({bucket_of(entry.hostname, buckets), entry.hostname, &entry});
  }
  for (const std::string_view hostname : changes.removed) {
    names.push_back({bucket_of(hostname, buckets), hostname, nullptr});
  }
  std::ranges::stable_sort(names, {}, &NameChange::bucket);
  return names;
}

// Reads and writes rows by statements that are prepared once.
class Rows {
 public:
  explicit Rows(const state::File& file)
      : file_(file),
        select_(file, "SELECT checksum, bytes FROM last_table WHERE bucket = ?1"),
        replace_(file,
                 "INSERT OR REPLACE INTO last_table(bucket, checksum, bytes) VALUES (?1, ?2, ?3)"),
        delete_(file, "DELETE FROM last_table WHERE bucket = ?1") {}

  std::string read(std::uint32_t bucket) {
    select_.bind(1, std::int64_t{bucket});
    std::string bytes;
    if (select_.step()) {
      bytes = select_.text(1);
      if (state::checksum(bytes) != select_.number(0)) damaged();
    }
    select_.reset();
    return bytes;
  }

  void write(std::uint32_t bucket, std::string_view bytes) {
    if (bytes.empty()) {
      delete_.bind(1, std::int64_t{bucket});
      delete_.run();
      return;
    }
    replace_.bind(1, std::int64_t{bucket});
    replace_.bind(2, state::checksum(bytes));
    replace_.bind_bytes(3, bytes);
    replace_.run();
  }

  [[noreturn]] void damaged() const {
    throw state::Error("state file " + file_.path() + ": a row of the last good table is damaged");
  }

 private:
  const state::File& file_;
  Statement select_;
  Statement replace_;
  Statement delete_;
};

}  // namespace

bool LastNames::Reader::next(TableEntry& entry) {
  if (left_ == 0) return false;
  --left_;
  return read_entry(rest_, entry);
}

LastTable::LastTable(state::File& file, std::string mesh) : file_(file), mesh_(std::move(mesh)) {}

LastTable::Load LastTable::load() {
  head_ = {};
  loaded_ = true;
  if (file_.has_table(kVersion1Table)) return load_version_1();
  if (!file_.has_table("last_table")) return {};
  Load load = load_rows();
  if (!load.names) head_ = {};
  return load;
}

// The head is its numbers, and mesh and zones as a table without names has them.
LastTable::Load LastTable::load_rows() {
  const state::Snapshot snapshot(file_);
  Statement row(file_, "SELECT checksum, bytes, buckets, names FROM last_table_head");
  if (!row.step()) return {};
  const auto table = Table::from_bytes(row.text(1));
  if (!table || state::checksum(row.view(1)) != row.number(0)) {
    return {std::nullopt, "the head of the last good table is damaged"};
  }
  if (table->mesh() != mesh_) return {};
  LastNames names;
  names.mesh = mesh_;
  names.zones = table->zones();
  names.size_ = static_cast<std::size_t>(row.number(3));
  head_ = {static_cast<std::uint32_t>(row.number(2)), names.size_, names.zones};
  if (!std::has_single_bit(head_.buckets)) {
    return {std::nullopt, "the head of the last good table is damaged"};
  }
  Statement size(file_, "SELECT coalesce(sum(length(bytes)), 0) FROM last_table");
  if (size.step()) names.bytes_.reserve(static_cast<std::size_t>(size.number(0)));
  Statement rows(file_, "SELECT bucket, checksum, bytes FROM last_table");
  while (rows.step()) {
    const std::string_view bytes = rows.view(2);
    if (state::checksum(bytes) != rows.number(1)) {
      return {std::nullopt,
              "row " + std::to_string(rows.number(0)) + " of the last good table is damaged"};
    }
    names.bytes_ += bytes;
  }
  // A row that is missing, or one too many, shows in the number of names.
  std::string_view rest = names.bytes_;
  TableEntry entry;
  std::size_t found = 0;
  for (; !rest.empty(); ++found) {
    if (!read_entry(rest, entry)) return {std::nullopt, "the last good table is damaged"};
  }
  if (found != names.size_) {
    return {std::nullopt, "the last good table has " + std::to_string(found) +
                              " names instead of " + std::to_string(names.size_)};
  }
  return {std::move(names), ""};
}

LastTable::Load LastTable::load_version_1() {
  std::optional<Table> table;
  Load load;
  {
    Statement row(file_, "SELECT checksum, bytes FROM last_good_table");
    if (row.step()) {
      if (state::checksum(row.view(1)) == row.number(0)) table = Table::from_bytes(row.text(1));
      if (!table) load.problem = "the last good table is damaged";
    }
  }
  LastTableChanges changes;
  if (table && table->mesh() == mesh_) {
    LastNames& names = load.names.emplace();
    names.mesh = mesh_;
    names.zones = table->zones();
    names.size_ = table->size();
    changes.zones = names.zones;
    Table::Reader reader(*table);
    for (TableEntry entry; reader.next(entry);) {
      append_entry(names.bytes_, entry);
      changes.put.push_back(entry);
    }
  }
  if (file_.is_read_only()) return load;
  state::Transaction transaction(file_);
  Head head;
  if (load.names) write(changes, head);
  file_.execute("DROP TABLE last_good_table");
  transaction.commit();
  head_ = std::move(head);
  return load;
}

void LastTable::apply(const LastTableChanges& changes) {
  assert(loaded_);
  state::Transaction transaction(file_);
  Head head = head_;
  write(changes, head);
  transaction.commit();
  head_ = std::move(head);
}

void LastTable::write(const LastTableChanges& changes, Head& head) {
  if (head.buckets == 0) {
    file_.execute("DELETE FROM last_table");
    head.buckets = buckets_for(changes.put.size());
  }
  write_buckets(changes, head);
  if (head.names > kMostNamesPerBucket * head.buckets) spread(head);
  head.zones = changes.zones;
  write_head(head);
  write_outputs(changes);
}

void LastTable::write_buckets(const LastTableChanges& changes, Head& head) {
  Rows rows(file_);
  const std::vector<NameChange> names = by_bucket(changes, head.buckets);
  for (auto begin = names.begin(); begin != names.end();) {
    const auto end = std::find_if(
        begin, names.end(), [&](const NameChange& name) { return name.bucket != begin->bucket; });
    const std::span<const NameChange> here(begin, end);
    const std::string before = rows.read(begin->bucket);
    std::string after;
    std::string_view rest = before;
    for (TableEntry entry; !rest.empty();) {
      const std::string_view from = rest;
      if (!read_entry(rest, entry)) rows.damaged();
      const bool changed =
          std::ranges::find(here, entry.hostname, &NameChange::hostname) != here.end();
      if (!changed) after += from.substr(0, from.size() - rest.size());
      if (changed) --head.names;
    }
    for (const NameChange& name : here) {
      if (name.put == nullptr) continue;
      append_entry(after, *name.put);
      ++head.names;
    }
    rows.write(begin->bucket, after);
    begin = end;
  }
}

// Over more buckets, since there are more names: all rows are written again.
void LastTable::spread(Head& head) {
  head.buckets = buckets_for(head.names);
  std::vector<std::string> buckets(head.buckets);
  Rows rows(file_);
  {
    Statement old(file_, "SELECT bytes FROM last_table");
    while (old.step()) {
      std::string_view rest = old.view(0);
      for (TableEntry entry; !rest.empty();) {
        if (!read_entry(rest, entry)) rows.damaged();
        append_entry(buckets[bucket_of(entry.hostname, head.buckets)], entry);
      }
    }
  }
  file_.execute("DELETE FROM last_table");
  for (std::uint32_t i = 0; i < head.buckets; ++i) {
    if (!buckets[i].empty()) rows.write(i, buckets[i]);
  }
}

void LastTable::write_head(const Head& head) {
  const Table table(mesh_, head.zones, {});
  Statement statement(file_,
                      "INSERT OR REPLACE INTO last_table_head(id, checksum, bytes, buckets, names) "
                      "VALUES (1, ?1, ?2, ?3, ?4)");
  statement.bind(1, state::checksum(table.bytes()));
  statement.bind_bytes(2, table.bytes());
  statement.bind(3, std::int64_t{head.buckets});
  statement.bind(4, static_cast<std::int64_t>(head.names));
  statement.run();
}

void LastTable::write_outputs(const LastTableChanges& changes) {
  if (changes.outputs.empty()) return;
  Statement statement(file_,
                      "INSERT OR REPLACE INTO outputs(key, checksum, bytes) VALUES (?1, ?2, ?3)");
  for (const auto& [key, bytes] : changes.outputs) {
    statement.bind(1, key);
    statement.bind(2, state::checksum(bytes));
    statement.bind_bytes(3, bytes);
    statement.run();
  }
}

std::optional<std::string> LastTable::output(std::string_view key) const {
  if (!file_.has_table("outputs")) return std::nullopt;
  Statement row(file_, "SELECT checksum, bytes FROM outputs WHERE key = ?1");
  row.bind(1, key);
  if (!row.step() || state::checksum(row.view(1)) != row.number(0)) return std::nullopt;
  return row.text(1);
}

Table table_of(const LastNames& names) {
  std::vector<TableEntry> entries(names.size());
  LastNames::Reader reader(names);
  for (TableEntry& entry : entries) reader.next(entry);
  std::ranges::sort(entries, {}, &TableEntry::hostname);
  return Table(names.mesh, names.zones, entries);
}

}  // namespace pipeline
