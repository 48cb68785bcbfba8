// What opening, locking and resetting a file is for its users is in tests/vip/sqlite_store_test.cc.
#include "state/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "state/statement.h"

namespace state {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = fs::temp_directory_path() / "mesh-dns-state-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "state.db";
  }
  ~FileTest() override { fs::remove_all(folder_); }

  std::unique_ptr<File> open(Open how = Open::ReadWrite) { return File::open(path_, how); }

  static std::string value(const File& file, const char* sql) {
    Statement statement(file, sql);
    return statement.step() ? statement.text(0) : "none";
  }
  std::string error(Open how = Open::ReadWrite) {
    try {
      open(how);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
  void set_version(int version) {
    open()->execute(("PRAGMA user_version=" + std::to_string(version)).c_str());
  }
  // As mesh-dns 0.1 leaves it.
  void make_version_1() {
    const auto file = open();
    for (const char* name : {"last_table", "last_table_head", "outputs"}) {
      file->execute(("DROP TABLE " + std::string(name)).c_str());
    }
    file->execute(
        "CREATE TABLE last_good_table(id INTEGER PRIMARY KEY CHECK (id = 1), "
        "checksum INTEGER NOT NULL, bytes BLOB NOT NULL)");
    file->execute(
        "INSERT INTO leases VALUES ('241.0.0.1', 'MeshService', 'default', 'a', 7, NULL)");
    file->execute("PRAGMA user_version=1");
  }

  fs::path folder_;
  fs::path path_;
};

TEST_F(FileTest, ANewFileHasTheSchemaOfThisVersion) {
  const auto file = open();
  EXPECT_EQ(value(*file, "PRAGMA user_version"), "2");
  EXPECT_EQ(value(*file, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value(*file, "PRAGMA synchronous"), "2") << "FULL";
  for (const char* table : {"leases", "last_table", "last_table_head", "outputs"}) {
    EXPECT_TRUE(file->has_table(table)) << table;
  }
  EXPECT_FALSE(file->has_table("last_good_table")) << "that is of version 1";
}

TEST_F(FileTest, AFileOfVersion1IsMigratedAndLosesNothing) {
  make_version_1();
  {
    const auto reader = open(Open::ReadOnly);
    EXPECT_FALSE(reader->has_table("last_table"));
    EXPECT_EQ(value(*reader, "SELECT name FROM leases"), "a");
    EXPECT_EQ(value(*reader, "PRAGMA user_version"), "1") << "a reader changes nothing";
  }
  const auto file = open();
  EXPECT_EQ(value(*file, "PRAGMA user_version"), "2");
  EXPECT_TRUE(file->has_table("last_table"));
  EXPECT_TRUE(file->has_table("last_good_table")) << "for who converts it";
  EXPECT_EQ(value(*file, "SELECT ip FROM leases"), "241.0.0.1");
}

TEST_F(FileTest, AMigrationThatFailsLeavesTheOldVersion) {
  make_version_1();
  {
    // Of version 1 again, with something in the way of the second of the new tables.
    const auto file = open();
    file->execute("DROP TABLE last_table");
    file->execute("DROP TABLE last_table_head");
    file->execute("CREATE VIEW last_table AS SELECT 1");
    file->execute("PRAGMA user_version=1");
  }
  EXPECT_NE(error().find("already"), std::string::npos) << error();
  const auto reader = open(Open::ReadOnly);
  EXPECT_EQ(value(*reader, "PRAGMA user_version"), "1");
  EXPECT_FALSE(reader->has_table("last_table_head")) << "the first one was rolled back";
  EXPECT_EQ(value(*reader, "SELECT name FROM leases"), "a");
}

TEST_F(FileTest, OfAnotherVersionItSaysWhichAndIsNotTouched) {
  const struct {
    int version;
    bool usable;
  } kCases[] = {{3, false}, {99, false}, {-1, false}, {2, true}};
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.version);
    path_ = folder_ / ("state" + std::to_string(row.version) + ".db");
    set_version(row.version);
    for (const Open how : {Open::ReadWrite, Open::ReadOnly}) {
      const std::string message = error(how);
      EXPECT_EQ(message.empty(), row.usable) << message;
      if (row.usable) continue;
      EXPECT_NE(message.find("of version " + std::to_string(row.version) +
                             ", and this mesh-dns reads version 2"),
                std::string::npos)
          << message;
    }
  }
}

TEST_F(FileTest, ATransactionIsAllOrNothing) {
  const auto file = open();
  const char* insert = "INSERT INTO outputs VALUES ('a', 1, x'00')";
  {
    Transaction transaction(*file);
    file->execute(insert);
  }
  EXPECT_EQ(value(*file, "SELECT count(*) FROM outputs"), "0") << "rolled back";
  {
    Transaction transaction(*file);
    file->execute(insert);
    transaction.commit();
  }
  EXPECT_EQ(value(*file, "SELECT count(*) FROM outputs"), "1");
}

TEST_F(FileTest, ASnapshotIsOfOneMoment) {
  const auto file = open();
  const auto reader = open(Open::ReadOnly);
  {
    const Snapshot snapshot(*reader);
    EXPECT_EQ(value(*reader, "SELECT count(*) FROM outputs"), "0");
    file->execute("INSERT INTO outputs VALUES ('a', 1, x'00')");
    EXPECT_EQ(value(*reader, "SELECT count(*) FROM outputs"), "0");
  }
  EXPECT_EQ(value(*reader, "SELECT count(*) FROM outputs"), "1");
}

TEST_F(FileTest, StatementsKeepEveryValueAsItIs) {
  const auto file = open();
  const std::string bytes("a\0b", 3);
  {
    Statement insert(*file, "INSERT INTO outputs VALUES (?1, ?2, ?3)");
    for (const auto& [key, value] : {std::pair<std::string, std::string>{bytes, bytes},
                                     std::pair<std::string, std::string>{"none", ""}}) {
      insert.bind(1, key);
      insert.bind(2, std::int64_t{-5});
      insert.bind_bytes(3, value);
      insert.run();
    }
    insert.bind(1, "null");
    insert.bind(2, std::int64_t{0});
    insert.bind_null(3);
    EXPECT_THROW(insert.step(), Error) << "NOT NULL";
  }
  Statement rows(*file, "SELECT key, checksum, bytes FROM outputs ORDER BY length(bytes) DESC");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0), bytes);
  EXPECT_EQ(rows.number(1), -5);
  EXPECT_EQ(rows.view(2), bytes);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.view(2), "");
  EXPECT_FALSE(rows.is_null(2));
  EXPECT_FALSE(rows.step());
}

// Damage behind the head of the file: check() finds it, open() needn't.
TEST_F(FileTest, CheckFindsDamageAndResetSetsTheFileAside) {
  {
    const auto file = open();
    Transaction transaction(*file);
    Statement insert(*file, "INSERT INTO outputs VALUES (?1, 1, ?2)");
    const std::string bytes(3000, 'x');
    for (int i = 0; i < 200; ++i) {
      const std::string key = std::to_string(i);
      insert.bind(1, key);
      insert.bind_bytes(2, bytes);
      insert.run();
    }
    transaction.commit();
  }
  open()->check();
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 20; page < 60; ++page) {
      file.seekp(page * 4096);
      file.write("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    }
  }
  EXPECT_EQ(error(), "") << "as fast for a large file as for a small one";
  try {
    open()->check();
    FAIL();
  } catch (const Unusable& error) {
    EXPECT_NE(std::string(error.what()).find("--reset-state"), std::string::npos) << error.what();
  }
  open(Open::ResetCorrupt)->check();
  EXPECT_TRUE(fs::exists(path_.string() + ".corrupt-1"));
}

TEST_F(FileTest, ResetAsksItsUserWhetherTheFileWillDo) {
  open()->execute("INSERT INTO outputs VALUES ('a', 1, x'00')");
  int asked = 0;
  const auto verify = [&](File& file) {
    if (++asked == 2) throw Unusable("refused " + file.path());
  };
  EXPECT_EQ(value(*File::open(path_, Open::ResetCorrupt, verify), "SELECT count(*) FROM outputs"),
            "1");
  File::open(path_, Open::ReadWrite, verify);
  EXPECT_EQ(asked, 1) << "without a reset who reads it finds the damage";
  EXPECT_EQ(value(*File::open(path_, Open::ResetCorrupt, verify), "SELECT count(*) FROM outputs"),
            "0");
  EXPECT_TRUE(fs::exists(path_.string() + ".corrupt-1"));
}

}  // namespace
}  // namespace state
