#include "pipeline/table.h"

#include <algorithm>
#include <array>

namespace pipeline {
namespace {

// The form, all numbers little-endian: kMagic, the mesh, the number of zones (32 bits) and their
// names, the number of entries (32 bits) and the entries. A text is its length (16 bits) and its
// bytes.
constexpr std::string_view kMagic = "mesh-dns table 1\n";

void put(std::string& out, std::uint32_t value, int octets) {
  for (int i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()), 2);
  out += text;
}

void put_entry(std::string& out, const TableEntry& entry) {
  put_text(out, entry.hostname);
  put(out, static_cast<std::uint32_t>(entry.owner_kind), 1);
  put_text(out, entry.owner_name);
  put(out, static_cast<std::uint32_t>(entry.addresses.size()), 2);
  for (const mesh::Ip& ip : entry.addresses) {
    put(out, ip.is_v4() ? 4 : 16, 1);
    const auto bytes = ip.bytes();
    out.append(bytes.begin(), bytes.end());
  }
  put(out, static_cast<std::uint32_t>(entry.ports.size()), 2);
  for (const TablePort& port : entry.ports) {
    put(out, port.port, 2);
    put(out, port.udp ? 1 : 0, 1);
    put_text(out, port.name);
  }
}

// Reads from the front of `rest`; a read past the end sets `failed` and gives zeros.
struct Cursor {
  std::string_view rest;
  bool failed = false;

  std::string_view take(std::size_t size) {
    if (size > rest.size()) {
      failed = true;
      rest = {};
      return {};
    }
    const std::string_view bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    return bytes;
  }

  std::uint32_t number(int octets) {
    const std::string_view bytes = take(static_cast<std::size_t>(octets));
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    }
    return value;
  }

  std::string_view text() { return take(number(2)); }

  mesh::Ip ip() {
    const std::uint32_t size = number(1);
    std::array<std::uint8_t, 16> bytes{};
    if (size != 4 && size != 16) failed = true;
    const std::string_view taken = take(failed ? 0 : size);
    std::ranges::transform(taken, bytes.begin(), [](char c) { return std::uint8_t(c); });
    if (size == 16) return mesh::Ip::v6(bytes);
    return mesh::Ip::v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                        std::uint32_t{bytes[2]} << 8 | bytes[3]);
  }

  void entry(TableEntry& entry) {
    entry.hostname = text();
    const std::uint32_t kind = number(1);
    if (kind >= std::size(mesh::kKinds)) failed = true;
    entry.owner_kind = static_cast<mesh::Kind>(failed ? 0 : kind);
    entry.owner_name = text();
    entry.addresses.clear();
    for (std::uint32_t n = number(2); n > 0 && !failed; --n) entry.addresses.push_back(ip());
    entry.ports.clear();
    for (std::uint32_t n = number(2); n > 0 && !failed; --n) {
      TablePort& port = entry.ports.emplace_back();
      port.port = static_cast<std::uint16_t>(number(2));
      port.udp = number(1) != 0;
      port.name = text();
    }
  }
};

}  // namespace

void append_entry(std::string& bytes, const TableEntry& entry) {
  put_entry(bytes, entry);
}

bool read_entry(std::string_view& bytes, TableEntry& entry) {
  Cursor cursor{bytes};
  cursor.entry(entry);
  bytes = cursor.rest;
  return !cursor.failed;
}

namespace {

std::string describe(const TableEntry& entry) {
  std::string text(mesh::to_string(entry.owner_kind));
  text.append(1, ' ').append(entry.owner_name);
  for (const mesh::Ip& ip : entry.addresses) text += ' ' + ip.to_string();
  return text;
}

bool same_owner(const TableEntry& a, const TableEntry& b) {
  return a.owner_kind == b.owner_kind && a.owner_name == b.owner_name;
}

}  // namespace

Table::Table(std::string_view mesh, const std::vector<std::string>& zones,
             const std::vector<TableEntry>& entries)
    : bytes_(kMagic), size_(entries.size()) {
  put_text(bytes_, mesh);
  put(bytes_, static_cast<std::uint32_t>(zones.size()), 4);
  for (const std::string& zone : zones) put_text(bytes_, zone);
  put(bytes_, static_cast<std::uint32_t>(entries.size()), 4);
  first_ = bytes_.size();
  for (const TableEntry& entry : entries) put_entry(bytes_, entry);
  bytes_.shrink_to_fit();
}

std::optional<Table> Table::from_bytes(std::string bytes) {
  Cursor cursor{bytes};
  if (cursor.take(kMagic.size()) != kMagic) return std::nullopt;
  cursor.text();
  for (std::uint32_t n = cursor.number(4); n > 0 && !cursor.failed; --n) cursor.text();
  const std::uint32_t size = cursor.number(4);
  const std::size_t first = bytes.size() - cursor.rest.size();
  TableEntry entry;
  for (std::uint32_t n = size; n > 0 && !cursor.failed; --n) cursor.entry(entry);
  if (cursor.failed || !cursor.rest.empty()) return std::nullopt;
  Table table;
  table.bytes_ = std::move(bytes);
  table.size_ = size;
  table.first_ = first;
  return table;
}

std::string Table::mesh() const {
  if (bytes_.empty()) return "";
  return std::string(Cursor{std::string_view(bytes_).substr(kMagic.size())}.text());
}

std::vector<std::string> Table::zones() const {
  std::vector<std::string> zones;
  if (bytes_.empty()) return zones;
  Cursor cursor{std::string_view(bytes_).substr(kMagic.size())};
  cursor.text();  // the mesh
  for (std::uint32_t n = cursor.number(4); n > 0; --n) zones.emplace_back(cursor.text());
  return zones;
}

Table::Reader::Reader(const Table& table)
    : rest_(std::string_view(table.bytes_).substr(table.first_)), left_(table.size_) {}

bool Table::Reader::next(TableEntry& entry) {
  if (left_ == 0) return false;
  Cursor cursor{rest_};
  cursor.entry(entry);
  rest_ = cursor.rest;
  --left_;
  return true;
}

std::string_view to_string(TableChange::What what) {
  switch (what) {
    case TableChange::What::Added:
      return "added";
    case TableChange::What::Removed:
      return "removed";
    case TableChange::What::Moved:
      return "moved";
    case TableChange::What::Readdressed:
      return "readdressed";
  }
  return "";
}

std::vector<TableChange> compare(const Table& before, const Table& after) {
  using What = TableChange::What;
  std::vector<TableChange> changes;
  Table::Reader old_reader(before);
  Table::Reader new_reader(after);
  TableEntry o;
  TableEntry n;
  bool has_old = old_reader.next(o);
  bool has_new = new_reader.next(n);
  while (has_old || has_new) {
    if (!has_new || (has_old && o.hostname < n.hostname)) {
      changes.push_back({What::Removed, std::string(o.hostname), describe(o), ""});
      has_old = old_reader.next(o);
    } else if (!has_old || n.hostname < o.hostname) {
      changes.push_back({What::Added, std::string(n.hostname), "", describe(n)});
      has_new = new_reader.next(n);
    } else {
      if (!same_owner(o, n)) {
        changes.push_back({What::Moved, std::string(n.hostname), describe(o), describe(n)});
      } else if (o.addresses != n.addresses) {
        changes.push_back({What::Readdressed, std::string(n.hostname), describe(o), describe(n)});
      }
      has_old = old_reader.next(o);
      has_new = new_reader.next(n);
    }
  }
  return changes;
}

}  // namespace pipeline
