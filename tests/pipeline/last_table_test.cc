#include "pipeline/last_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>

#include "state/statement.h"

namespace pipeline {
namespace {

namespace fs = std::filesystem;

// A name with all that an entry has, owning its texts.
struct Name {
  std::string owner = "redis";
  mesh::Kind kind = mesh::Kind::MeshService;
  std::vector<mesh::Ip> addresses;
  std::vector<std::pair<std::uint16_t, std::string>> ports;

  friend bool operator==(const Name&, const Name&) = default;
};
using Names = std::map<std::string, Name>;

TableEntry entry(const std::string& hostname, const Name& name) {
  TableEntry entry{hostname, name.kind, name.owner, name.addresses, {}};
  for (const auto& [port, text] : name.ports) entry.ports.push_back({port, port % 2 == 0, text});
  return entry;
}

Names names_of(const LastNames& last) {
  Names names;
  LastNames::Reader reader(last);
  for (TableEntry entry; reader.next(entry);) {
    Name name{std::string(entry.owner_name), entry.owner_kind, entry.addresses, {}};
    for (const auto& port : entry.ports) {
      EXPECT_EQ(port.udp, port.port % 2 == 0);
      name.ports.emplace_back(port.port, port.name);
    }
    EXPECT_TRUE(names.emplace(entry.hostname, name).second) << entry.hostname << " twice";
  }
  EXPECT_EQ(names.size(), last.size());
  return names;
}

class LastTableTest : public testing::Test {
 protected:
  LastTableTest() {
    std::string pattern = fs::temp_directory_path() / "mesh-dns-table-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "state.db";
  }
  ~LastTableTest() override { fs::remove_all(folder_); }

  std::unique_ptr<state::File> open(state::Open how = state::Open::ReadWrite) {
    return state::File::open(path_, how);
  }
  // What a start finds.
  LastTable::Load load(state::Open how = state::Open::ReadWrite, const char* mesh = "default") {
    const auto file = open(how);
    return LastTable(*file, mesh).load();
  }
  static LastTableChanges puts(const Names& names) {
    LastTableChanges changes;
    changes.zones = {"svc.mesh.local", "extsvc.mesh.local"};
    for (const auto& [hostname, name] : names) changes.put.push_back(entry(hostname, name));
    return changes;
  }
  void store(const Names& names, const char* mesh = "default") {
    const auto file = open();
    LastTable table(*file, mesh);
    table.load();
    table.apply(puts(names));
  }
  void execute(const char* sql) { open()->execute(sql); }
  std::int64_t number(const char* sql) {
    const auto file = open();
    state::Statement statement(*file, sql);
    return statement.step() ? statement.number(0) : -1;
  }

  fs::path folder_;
  fs::path path_;
};

Names some_names(int count) {
  Names names;
  for (int i = 0; i < count; ++i) {
    names["s" + std::to_string(i) + ".svc.mesh.local"] = {
        "s" + std::to_string(i),
        mesh::Kind::MeshService,
        {mesh::Ip::v4(0xf1000000u + static_cast<std::uint32_t>(i))},
        {{8080, "http"}}};
  }
  return names;
}

TEST_F(LastTableTest, WhatWasStoredIsThereAtTheNextStart) {
  EXPECT_FALSE(load().names) << "a new file has none";
  EXPECT_EQ(load().problem, "");
  const Names names = {{"redis.svc.mesh.local", {"redis.shop", mesh::Kind::MeshService, {}, {}}},
                       {"x.extsvc.mesh.local",
                        {"x",
                         mesh::Kind::MeshExternalService,
                         {mesh::Ip::v4(0xf2000001u), *mesh::Ip::parse("fd00::1")},
                         {{53, "dns"}, {80, "http"}}}}};
  store(names);
  const auto loaded = load();
  ASSERT_TRUE(loaded.names);
  EXPECT_EQ(names_of(*loaded.names), names);
  EXPECT_EQ(loaded.names->mesh, "default");
  EXPECT_EQ(loaded.names->zones, (std::vector<std::string>{"svc.mesh.local", "extsvc.mesh.local"}));
  const auto read = load(state::Open::ReadOnly);
  ASSERT_TRUE(read.names);
  EXPECT_EQ(names_of(*read.names), names);
}

TEST_F(LastTableTest, ATableWithoutNamesIsOne) {
  store({});
  const auto loaded = load();
  ASSERT_TRUE(loaded.names);
  EXPECT_EQ(loaded.names->size(), 0u);
  EXPECT_EQ(loaded.names->zones.size(), 2u);
}

TEST_F(LastTableTest, OfAnotherMeshItIsNoneAndIsReplaced) {
  store(some_names(500), "other");
  EXPECT_FALSE(load().names);
  EXPECT_EQ(load().problem, "");
  store({{"a.mesh", {}}});
  EXPECT_EQ(names_of(*load().names), (Names{{"a.mesh", {}}}));
  EXPECT_FALSE(load(state::Open::ReadWrite, "other").names);
  EXPECT_EQ(number("SELECT count(*) FROM last_table"), 1);
}

TEST_F(LastTableTest, OneNameRewritesOneRow) {
  store(some_names(20'000));
  const auto rows = number("SELECT count(*) FROM last_table");
  EXPECT_GE(rows, 20'000 / 96);
  EXPECT_LE(number("SELECT max(length(bytes)) FROM last_table"), 8'000);
  execute("CREATE TABLE written(bucket)");
  execute(
      "CREATE TRIGGER writes AFTER INSERT ON last_table "
      "BEGIN INSERT INTO written VALUES (new.bucket); END");
  {
    const auto file = open();
    LastTable table(*file, "default");
    table.load();
    const std::string hostname = "s77.svc.mesh.local";
    const Name changed{"another", mesh::Kind::MeshService, {}, {}};
    LastTableChanges changes;
    changes.put.push_back(entry(hostname, changed));
    table.apply(changes);
  }
  EXPECT_EQ(number("SELECT count(*) FROM written"), 1);
  Names expected = some_names(20'000);
  expected["s77.svc.mesh.local"] = {"another", mesh::Kind::MeshService, {}, {}};
  EXPECT_EQ(names_of(*load().names), expected);
}

TEST_F(LastTableTest, DamagedRowsAreNoTableAndItIsReplacedByTheNext) {
  const struct {
    const char* why;
    const char* damage;
    const char* problem;
  } kCases[] = {
      {"other bytes", "UPDATE last_table SET bytes = x'0102' WHERE bucket = 0", "row 0"},
      {"a bit", "UPDATE last_table SET checksum = checksum + 1 WHERE bucket = 1", "row 1"},
      {"a row is missing", "DELETE FROM last_table WHERE bucket = 1", "names instead of 200"},
      {"a row too many",
       "INSERT INTO last_table SELECT 99, checksum, bytes FROM last_table WHERE bucket = 0",
       "names instead of 200"},
      {"the head", "UPDATE last_table_head SET bytes = x'00'", "head"},
      {"its checksum", "UPDATE last_table_head SET checksum = 0", "head"},
      {"its number of buckets", "UPDATE last_table_head SET buckets = 3", "head"},
  };
  int n = 0;
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    path_ = folder_ / (std::to_string(n++) + ".db");
    store(some_names(200));
    execute(row.damage);
    const auto loaded = load();
    EXPECT_FALSE(loaded.names);
    EXPECT_NE(loaded.problem.find(row.problem), std::string::npos) << loaded.problem;
    store(some_names(3));
    EXPECT_EQ(names_of(*load().names), some_names(3));
  }
}

TEST_F(LastTableTest, AFailedApplyChangesNothingAndCanBeRepeated) {
  const auto file = open();
  LastTable table(*file, "default");
  table.load();
  table.apply(puts(some_names(10)));
  file->execute(
      "CREATE TRIGGER full BEFORE INSERT ON last_table_head "
      "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  const Names more = some_names(2000);
  EXPECT_THROW(table.apply(puts(more)), state::Error);
  EXPECT_EQ(names_of(*LastTable(*file, "default").load().names), some_names(10));
  file->execute("DROP TRIGGER full");
  table.apply(puts(more));
  EXPECT_EQ(names_of(*LastTable(*file, "default").load().names), more);
}

TEST_F(LastTableTest, OutputsKeepBytesBesideIt) {
  const std::string bytes("\0\1routes", 8);
  {
    const auto file = open();
    LastTable table(*file, "default");
    table.load();
    EXPECT_FALSE(table.output("routes"));
    const Names names = some_names(1);
    LastTableChanges changes = puts(names);
    changes.outputs = {{"routes", bytes}, {"empty", ""}};
    table.apply(changes);
  }
  {
    const auto file = open(state::Open::ReadOnly);
    const LastTable table(*file, "default");
    EXPECT_EQ(table.output("routes"), bytes);
    EXPECT_EQ(table.output("empty"), "");
    EXPECT_FALSE(table.output("other"));
  }
  execute("UPDATE outputs SET bytes = x'00'");
  EXPECT_FALSE(LastTable(*open(), "default").output("routes")) << "damaged";
}

// As mesh-dns 0.1 has it: one row of all bytes of a table.
class Version1Test : public LastTableTest {
 protected:
  void make(const Names& names, const char* mesh = "default") {
    const auto file = open();
    file->execute("DROP TABLE last_table");
    file->execute("DROP TABLE last_table_head");
    file->execute("DROP TABLE outputs");
    file->execute(
        "CREATE TABLE last_good_table(id INTEGER PRIMARY KEY CHECK (id = 1), "
        "checksum INTEGER NOT NULL, bytes BLOB NOT NULL)");
    const auto changes = puts(names);
    const Table table(mesh, changes.zones, changes.put);
    state::Statement insert(*file, "INSERT INTO last_good_table VALUES (1, ?1, ?2)");
    insert.bind(1, state::checksum(table.bytes()));
    insert.bind_bytes(2, table.bytes());
    insert.run();
    file->execute("PRAGMA user_version=1");
  }
  bool is_converted() { return !open()->has_table("last_good_table"); }
};

TEST_F(Version1Test, IsConvertedOnceAndLosesNothing) {
  make(some_names(5000));
  const auto read = load(state::Open::ReadOnly);
  ASSERT_TRUE(read.names);
  EXPECT_EQ(names_of(*read.names), some_names(5000));
  const auto loaded = load();
  ASSERT_TRUE(loaded.names);
  EXPECT_EQ(names_of(*loaded.names), some_names(5000));
  EXPECT_EQ(loaded.names->zones.size(), 2u);
  EXPECT_TRUE(is_converted());
  EXPECT_EQ(names_of(*load().names), some_names(5000));
}

TEST_F(Version1Test, IsChangedFurtherAfterItsConversion) {
  make(some_names(100));
  {
    const auto file = open();
    LastTable table(*file, "default");
    ASSERT_TRUE(table.load().names);
    LastTableChanges changes;
    changes.removed.push_back("s7.svc.mesh.local");
    table.apply(changes);
  }
  Names expected = some_names(100);
  expected.erase("s7.svc.mesh.local");
  EXPECT_EQ(names_of(*load().names), expected);
}

TEST_F(Version1Test, DamagedOrOfAnotherMeshIsNone) {
  make(some_names(10), "other");
  EXPECT_FALSE(load().names);
  EXPECT_TRUE(is_converted());
  path_ = folder_ / "damaged.db";
  make(some_names(10));
  execute("UPDATE last_good_table SET bytes = x'0102'");
  const auto loaded = load();
  EXPECT_FALSE(loaded.names);
  EXPECT_NE(loaded.problem, "");
  EXPECT_EQ(load().problem, "") << "once";
}

TEST_F(LastTableTest, RandomEditsAreKept) {
  std::mt19937 random(7);
  Names expected;
  auto file = open();
  auto table = std::make_unique<LastTable>(*file, "default");
  table->load();
  for (int round = 0; round < 300; ++round) {
    // Grows to some 6,000 names, through several numbers of buckets, and shrinks again.
    const bool grows = round < 200;
    Names put;
    std::set<std::string> removed;
    for (auto n = random() % 80; n > 0; --n) {
      const std::string hostname = "s" + std::to_string(random() % 8000) + ".mesh";
      if (random() % 10 < (grows ? 2u : 8u)) {
        removed.insert(hostname);
      } else {
        put[hostname] = {"o" + std::to_string(random() % 9),
                         mesh::Kind::MeshService,
                         {mesh::Ip::v4(static_cast<std::uint32_t>(random()))},
                         {}};
      }
    }
    LastTableChanges changes = puts(put);
    for (const auto& hostname : removed) {
      if (!put.contains(hostname)) changes.removed.push_back(hostname);
    }
    table->apply(changes);
    for (const auto hostname : changes.removed) expected.erase(std::string(hostname));
    for (const auto& [hostname, name] : put) expected[hostname] = name;
    if (round % 20 != 0) continue;
    table.reset();
    file.reset();
    file = open();
    table = std::make_unique<LastTable>(*file, "default");
    const auto loaded = table->load();
    ASSERT_TRUE(loaded.names) << loaded.problem;
    ASSERT_EQ(names_of(*loaded.names), expected) << round;
  }
}

}  // namespace
}  // namespace pipeline
