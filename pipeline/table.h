// The table of what is served: every hostname with its owner, addresses and ports, sorted by
// hostname.
//
// Made from a build, turned into a dns::Zone, compared with the one before it, and kept in the
// state file so that a restart answers before any source was read. It is held in the form in which
// it is stored: one string of bytes, so that keeping it costs little and storing it nothing.
//
// A Table is an immutable value; what its entries view is valid as long as the Table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/ip.h"
#include "mesh/resources.h"

namespace pipeline {

struct TablePort {
  std::uint16_t port = 0;
  bool udp = false;
  std::string_view name;
  friend bool operator==(const TablePort&, const TablePort&) = default;
};

struct TableEntry {
  std::string_view hostname;  // without a final dot
  mesh::Kind owner_kind = mesh::Kind::MeshService;
  std::string_view owner_name;  // the core name
  std::vector<mesh::Ip> addresses;
  std::vector<TablePort> ports;

  friend bool operator==(const TableEntry&, const TableEntry&) = default;
};

// The form in which an entry is stored.
void append_entry(std::string& bytes, const TableEntry& entry);
// Reads one from the front of `bytes` and removes it there; false if they are damaged. The entry
// views `bytes`; its vectors are reused.
bool read_entry(std::string_view& bytes, TableEntry& entry);

class Table {
 public:
  Table() = default;
  // Of the mesh `mesh`; `zones`: the DNS zones that the names are in. REQUIRES: entries sorted by
  // hostname, distinct.
  Table(std::string_view mesh, const std::vector<std::string>& zones,
        const std::vector<TableEntry>& entries);
  // Nothing if the bytes are not a table of this version, or are damaged.
  static std::optional<Table> from_bytes(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return size_; }
  std::string mesh() const;
  std::vector<std::string> zones() const;

  // Reads the entries one after the other, in order.
  class Reader {
   public:
    explicit Reader(const Table& table);
    // False at the end. The entry's vectors are reused.
    bool next(TableEntry& entry);

   private:
    std::string_view rest_;
    std::size_t left_;
  };

 private:
  std::string bytes_;
  std::size_t size_ = 0;
  std::size_t first_ = 0;  // where the entries begin
};

// What a person wants to know when one table takes the place of another.
struct TableChange {
  enum class What : std::uint8_t {
    Added,
    Removed,
    Moved,       // the name passed from one service to another
    Readdressed  // the same service, other addresses
  };
  What what = What::Added;
  std::string hostname;
  std::string before;  // "MeshService redis 241.0.0.1"; "" when added
  std::string after;   // "" when removed

  friend bool operator==(const TableChange&, const TableChange&) = default;
};

std::string_view to_string(TableChange::What what);

// Sorted by hostname.
std::vector<TableChange> compare(const Table& before, const Table& after);

}  // namespace pipeline
