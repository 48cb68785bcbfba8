#include "pipeline/table.h"

#include <gtest/gtest.h>

namespace pipeline {
namespace {

using What = TableChange::What;

TableEntry entry(std::string_view hostname, std::string_view owner, const char* ip,
                 mesh::Kind kind = mesh::Kind::MeshService) {
  return {hostname, kind, owner, {*mesh::Ip::parse(ip)}, {{80, false, "http"}}};
}

Table table(std::vector<TableEntry> entries) {
  return Table("default", {"mesh.local"}, entries);
}

TEST(TableTest, ComesBackFromItsBytes) {
  TableEntry both = entry("web.mesh.local", "web", "241.0.0.1");
  both.addresses.push_back(*mesh::Ip::parse("fd00::1"));
  both.ports.push_back({53, true, ""});
  const TableEntry none{"x.mesh.local", mesh::Kind::MeshMultiZoneService, "", {}, {}};
  const Table made = table({both, none});
  const auto read = Table::from_bytes(made.bytes());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->mesh(), "default");
  EXPECT_EQ(read->zones(), std::vector<std::string>{"mesh.local"});
  EXPECT_EQ(read->size(), 2u);
  Table::Reader reader(*read);
  TableEntry found;
  ASSERT_TRUE(reader.next(found));
  EXPECT_EQ(found.hostname, both.hostname);
  EXPECT_EQ(found.owner_name, both.owner_name);
  EXPECT_EQ(found.addresses, both.addresses);
  EXPECT_EQ(found.ports, both.ports);
  ASSERT_TRUE(reader.next(found));
  EXPECT_EQ(found.owner_kind, mesh::Kind::MeshMultiZoneService);
  EXPECT_TRUE(found.addresses.empty() && found.ports.empty());
  EXPECT_FALSE(reader.next(found));
}

TEST(TableTest, AnEmptyOneComesBackToo) {
  EXPECT_EQ(Table::from_bytes(table({}).bytes())->size(), 0u);
  EXPECT_EQ(Table().mesh(), "");
  EXPECT_TRUE(Table().zones().empty());
  EXPECT_FALSE(Table::from_bytes(""));
}

TEST(TableTest, DamagedBytesAreNone) {
  const std::string good =
      table({entry("a.mesh", "a", "241.0.0.1"), entry("b.mesh", "b", "241.0.0.2")}).bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Table::from_bytes(good.substr(0, size))) << size;
  }
  EXPECT_FALSE(Table::from_bytes(good + "x"));
  // With any octet changed it is read to its end or refused, and never past it.
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {1, 0x80}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ bit);
      const auto read = Table::from_bytes(bad);
      if (!read) continue;
      Table::Reader reader(*read);
      TableEntry found;
      while (reader.next(found)) EXPECT_LE(found.hostname.size(), bad.size());
    }
  }
}

TEST(TableTest, Compare) {
  const struct {
    const char* why;
    std::vector<TableEntry> before;
    std::vector<TableEntry> after;
    std::vector<TableChange> changes;
  } kCases[] = {
      {"nothing", {}, {}, {}},
      {"the same", {entry("a", "x", "241.0.0.1")}, {entry("a", "x", "241.0.0.1")}, {}},
      {"added",
       {},
       {entry("a", "x", "241.0.0.1")},
       {{What::Added, "a", "", "MeshService x 241.0.0.1"}}},
      {"removed",
       {entry("a", "x", "241.0.0.1")},
       {},
       {{What::Removed, "a", "MeshService x 241.0.0.1", ""}}},
      {"moved",
       {entry("a", "x", "241.0.0.1")},
       {entry("a", "y", "241.0.0.2")},
       {{What::Moved, "a", "MeshService x 241.0.0.1", "MeshService y 241.0.0.2"}}},
      {"moved to another kind",
       {entry("a", "x", "241.0.0.1")},
       {entry("a", "x", "241.0.0.1", mesh::Kind::MeshExternalService)},
       {{What::Moved, "a", "MeshService x 241.0.0.1", "MeshExternalService x 241.0.0.1"}}},
      {"other addresses",
       {entry("a", "x", "241.0.0.1")},
       {entry("a", "x", "241.0.0.2")},
       {{What::Readdressed, "a", "MeshService x 241.0.0.1", "MeshService x 241.0.0.2"}}},
      {"in order",
       {entry("b", "x", "241.0.0.1"), entry("d", "x", "241.0.0.1")},
       {entry("a", "x", "241.0.0.1"), entry("c", "x", "241.0.0.1"), entry("d", "x", "241.0.0.1")},
       {{What::Added, "a", "", "MeshService x 241.0.0.1"},
        {What::Removed, "b", "MeshService x 241.0.0.1", ""},
        {What::Added, "c", "", "MeshService x 241.0.0.1"}}},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(compare(table(row.before), table(row.after)), row.changes) << row.why;
  }
}

}  // namespace
}  // namespace pipeline
