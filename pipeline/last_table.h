// The last good table in the state file, from which a restart answers before any source was read.
//
// Names are kept in buckets of some 24 to 96, one row each, so that a changed name rewrites a few
// KB and a million names are read in one scan of some 30,000 rows.
//
// Used by one thread at a time; its functions block on the disk, and are called on the thread that
// stores once an instance serves. All throw state::Error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/table.h"
#include "state/file.h"

namespace pipeline {

// The names of the last good table, in no order.
class LastNames {
 public:
  std::string mesh;
  std::vector<std::string> zones;  // the DNS zones that the names are in

  std::size_t size() const { return size_; }

  // Reads the entries one after the other. What they view is valid as long as the names.
  class Reader {
   public:
    explicit Reader(const LastNames& names) : rest_(names.bytes_), left_(names.size_) {}
    // False at the end. The entry's vectors are reused.
    bool next(TableEntry& entry);

   private:
    std::string_view rest_;
    std::size_t left_;
  };

 private:
  friend class LastTable;

  std::string bytes_;  // of the entries
  std::size_t size_ = 0;
};

// What is to be stored, against what was stored before.
struct LastTableChanges {
  std::vector<std::string> zones;         // as they are now
  std::vector<TableEntry> put;            // names that were added or changed, each once
  std::vector<std::string_view> removed;  // names, none of them in `put`
  // Bytes that only an output understands, by its key: stored in the same transaction.
  std::vector<std::pair<std::string_view, std::string_view>> outputs;
};

// In the order of names.
Table table_of(const LastNames& names);

class LastTable {
 public:
  // Of the mesh `mesh`: a table of another one is as none. REQUIRES: `file` outlives it.
  LastTable(state::File& file, std::string mesh);

  struct Load {
    std::optional<LastNames> names;
    std::string problem;  // why a table that is there can't be used, or ""
  };
  // One scan: O(names). A table of mesh-dns 0.1 is converted, unless the file is opened ReadOnly.
  // Throws state::Unusable if the structure of the file is damaged; damaged rows are a problem of
  // the table only.
  Load load();

  // In one transaction, on disk when it returns: O(changed names) rows. If load() gave no names,
  // what is there is replaced. REQUIRES: load() was called.
  void apply(const LastTableChanges& changes);

  // Nothing if nothing was stored with that key, or if it is damaged.
  std::optional<std::string> output(std::string_view key) const;

 private:
  struct Head {
    std::uint32_t buckets =
        0;  // a power of two; 0: there is no table, and the rows are to be dropped
    std::uint64_t names = 0;
    std::vector<std::string> zones;
  };

  Load load_rows();
  Load load_version_1();
  void write(const LastTableChanges& changes, Head& head);
  void write_buckets(const LastTableChanges& changes, Head& head);
  void write_head(const Head& head);
  void write_outputs(const LastTableChanges& changes);
  void spread(Head& head);

  state::File& file_;
  const std::string mesh_;
  bool loaded_ = false;
  Head head_;
};

}  // namespace pipeline
