#include "vip/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <variant>

#include "vip/ledger.h"

namespace vip {
namespace {

namespace fs = std::filesystem;
using state::Open;
using What = Change::What;

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() {
    std::string pattern = fs::temp_directory_path() / "mesh-dns-store-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "state.db";
  }
  ~SqliteStoreTest() override { fs::remove_all(folder_); }

  // An open file with the leases in it.
  struct Opened {
    std::unique_ptr<state::File> file;
    std::unique_ptr<SqliteStore> store;

    SqliteStore* operator->() const { return store.get(); }
  };
  Opened open(Open how = Open::ReadWrite) {
    Opened opened{state::File::open(path_, how, verify_leases), nullptr};
    opened.store = std::make_unique<SqliteStore>(*opened.file);
    return opened;
  }
  // The error of a start, or "".
  std::string error(Open how = Open::ReadWrite) {
    try {
      const Opened opened = open(how);
      opened.file->check();
      opened->load();
      return "";
    } catch (const state::Error& error) {
      return error.what();
    }
  }
  void execute(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  void write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }

  fs::path folder_;
  fs::path path_;
};

Lease lease(const std::string& name, const std::string& ip, std::optional<Seconds> released = {}) {
  return {{mesh::Kind::MeshService, "default", name}, *mesh::Ip::parse(ip), 7, released};
}

const std::vector<Change> kTwo = {{What::Allocate, lease("a", "241.0.0.1"), ""},
                                  {What::Allocate, lease("b", "fd00::1"), ""}};

TEST_F(SqliteStoreTest, WhatWasCommittedIsThereAfterwards) {
  {
    const auto store = open();
    EXPECT_EQ(store->load().size(), 0u);
    store->commit(kTwo);
    store->commit(std::vector<Change>{{What::Release, lease("a", "241.0.0.1", 99), ""}});
    store->commit(std::vector<Change>{{What::Restore, lease("a", "241.0.0.1"), ""},
                                      {What::Release, lease("b", "fd00::1", 100), ""}});
  }
  const auto store = open();
  EXPECT_EQ(store->load().leases()[0], lease("a", "241.0.0.1"));
  EXPECT_EQ(store->load().leases()[1], lease("b", "fd00::1", 100));
  store->commit(std::vector<Change>{{What::Forget, lease("b", "fd00::1"), ""},
                                    {What::Allocate, lease("c", "fd00::1"), ""}});
  EXPECT_EQ(store->load().leases()[1], lease("c", "fd00::1"));
}

TEST_F(SqliteStoreTest, AFileWithoutOctetsIsTold) {
  EXPECT_FALSE(state::is_empty_file(path_)) << "there is none";
  write("");
  EXPECT_TRUE(state::is_empty_file(path_));
  const auto store = open();
  EXPECT_FALSE(state::is_empty_file(path_))
      << "though all that was committed is in the log beside it";
  EXPECT_FALSE(state::is_empty_file(folder_));
}

TEST_F(SqliteStoreTest, ACommitIsAllOrNothing) {
  const auto store = open();
  store->commit(kTwo);
  const std::vector<Change> doubled = {{What::Allocate, lease("c", "241.0.0.3"), ""},
                                       {What::Allocate, lease("d", "241.0.0.1"), ""}};
  EXPECT_TRUE(std::holds_alternative<Failed>(store->commit(doubled)));
  EXPECT_EQ(store->load().size(), 2u);
  store->commit(std::vector<Change>{{What::Allocate, lease("c", "241.0.0.3"), ""}});
  EXPECT_EQ(store->load().size(), 3u);
}

TEST_F(SqliteStoreTest, AFailedCommitNamesTheReasonAndCanBeRepeated) {
  const auto store = open();
  execute(
      "CREATE TRIGGER full BEFORE INSERT ON leases "
      "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  const CommitResult failed = store->commit(kTwo);
  ASSERT_TRUE(std::holds_alternative<Failed>(failed));
  EXPECT_NE(std::get<Failed>(failed).reason.find("the disk is full"), std::string::npos);
  EXPECT_NE(std::get<Failed>(failed).reason.find(path_.string()), std::string::npos);
  execute("DROP TRIGGER full");
  EXPECT_TRUE(std::holds_alternative<Committed>(store->commit(kTwo)));
  EXPECT_EQ(store->load().size(), 2u);
}

TEST_F(SqliteStoreTest, OneInstanceAtATime) {
  const auto store = open();
  const std::string message = error();
  EXPECT_NE(message.find("pid " + std::to_string(getpid())), std::string::npos) << message;
}

TEST_F(SqliteStoreTest, AReaderWorksBesideAnInstanceAndWithoutOne) {
  EXPECT_NE(error(Open::ReadOnly).find("not there"), std::string::npos);
  {
    const auto store = open();
    store->commit(kTwo);
    EXPECT_EQ(open(Open::ReadOnly)->load().size(), 2u);
  }
  const auto before = std::distance(fs::directory_iterator(folder_), {});
  EXPECT_EQ(open(Open::ReadOnly)->load().size(), 2u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), before) << "a reader makes no file";
  EXPECT_TRUE(std::holds_alternative<Failed>(open(Open::ReadOnly)->commit(kTwo)));
}

TEST_F(SqliteStoreTest, FoldersAreMadeAndFilesArePrivate) {
  path_ = folder_ / "a" / "b" / "state.db";
  open();
  struct stat stat {};
  ASSERT_EQ(::stat(path_.c_str(), &stat), 0);
  EXPECT_EQ(stat.st_mode & 07, 0u) << "nothing for others";
}

TEST_F(SqliteStoreTest, FilesThatCantBeUsedSayWhyAndAreSetAsideOnDemandOnly) {
  const struct {
    const char* why;
    std::function<void()> make;
    const char* message;
  } kCases[] = {
      {"garbage", [&] { write(std::string(5000, 'x')); }, "damaged"},
      {"cut in the middle",
       [&] {
         {
           const auto store = open();
           for (int i = 0; i < 200; ++i) {
             store->commit(std::vector<Change>{
                 {What::Allocate, lease("s" + std::to_string(i), "241.0.1." + std::to_string(i)),
                  ""}});
           }
         }
         fs::resize_file(path_, fs::file_size(path_) / 2);
       },
       "damaged"},
      {"another application's", [&] { execute("CREATE TABLE x(y)"); }, "another application"},
      {"a newer version",
       [&] {
         open();
         execute("PRAGMA user_version = 99");
       },
       "version 99"},
      {"a lease that can't be read",
       [&] {
         open()->commit(kTwo);
         execute("UPDATE leases SET ip = 'x' WHERE ip = '241.0.0.1'");
       },
       "can't be read"},
  };
  int n = 0;
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    path_ = folder_ / ("state-" + std::to_string(n++) + ".db");
    row.make();
    const auto size = fs::file_size(path_);
    const std::string message = error();
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
    EXPECT_NE(message.find("--reset-state"), std::string::npos) << message;
    EXPECT_NE(message.find(path_.string()), std::string::npos) << message;
    EXPECT_EQ(open(Open::ResetCorrupt)->load().size(), 0u);
    const fs::path aside = path_.string() + ".corrupt-1";
    ASSERT_TRUE(fs::exists(aside));
    EXPECT_EQ(fs::file_size(aside), size) << "set aside, never deleted";
  }
}

TEST_F(SqliteStoreTest, ResetLeavesAGoodFileAlone) {
  open()->commit(kTwo);
  EXPECT_EQ(open(Open::ResetCorrupt)->load().size(), 2u);
}

TEST_F(SqliteStoreTest, PathsThatAreNoFiles) {
  fs::create_directory(path_);
  EXPECT_NE(error().find("directory"), std::string::npos);
  path_ = folder_ / "state.db" / "x?#%.db";  // characters that mean something in an URI
  EXPECT_EQ(error(), "");
  EXPECT_TRUE(fs::exists(path_));
  std::ofstream(folder_ / "file") << "x";
  path_ = folder_ / "file" / "state.db";
  EXPECT_NE(error().find("folder"), std::string::npos) << error();
}

TEST_F(SqliteStoreTest, AFullDiskIsAnErrorAndNothingIsHalfWritten) {
  open()->commit(kTwo);
  // In a process of its own, since the limit can't be lifted again for sure.
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    int status = 1;
    {
      const auto store = open();
      const rlimit limit{16 << 10, 16 << 10};
      setrlimit(RLIMIT_FSIZE, &limit);
      std::vector<Change> many;
      for (int i = 0; i < 5000; ++i) {
        many.push_back({What::Allocate,
                        lease("service-" + std::to_string(i),
                              "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250)),
                        ""});
      }
      if (std::holds_alternative<Failed>(store->commit(many))) status = 0;
    }
    _exit(status);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(open()->load().size(), 2u);
}

// A VFS that passes everything on and keeps count of the octets that were written and not yet
// synced.
namespace watched {

struct File {
  sqlite3_file base;
  sqlite3_file* real;
  bool log;  // the -wal file
};

sqlite3_vfs* real_vfs = nullptr;
sqlite3_io_methods methods;
int unsynced = 0;
int syncs = 0;

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  if (reinterpret_cast<File*>(file)->log) unsynced += size;
  return real(file)->pMethods->xWrite(real(file), data, size, at);
}
int sync(sqlite3_file* file, int flags) {
  if (reinterpret_cast<File*>(file)->log) {
    unsynced = 0;
    ++syncs;
  }
  return real(file)->pMethods->xSync(real(file), flags);
}

void fill_methods() {
  methods.iVersion = 2;  // with shared memory, which WAL needs
  methods.xWrite = write;
  methods.xSync = sync;
  methods.xClose = [](sqlite3_file* f) {
    const int code = real(f)->pMethods->xClose(real(f));
    sqlite3_free(real(f));
    return code;
  };
  methods.xRead = [](sqlite3_file* f, void* data, int size, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), data, size, at);
  };
  methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
    return real(f)->pMethods->xTruncate(real(f), size);
  };
  methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
    return real(f)->pMethods->xFileSize(real(f), size);
  };
  methods.xLock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); };
  methods.xUnlock = [](sqlite3_file* f, int lock) {
    return real(f)->pMethods->xUnlock(real(f), lock);
  };
  methods.xCheckReservedLock = [](sqlite3_file* f, int* held) {
    return real(f)->pMethods->xCheckReservedLock(real(f), held);
  };
  methods.xFileControl = [](sqlite3_file* f, int op, void* argument) {
    return real(f)->pMethods->xFileControl(real(f), op, argument);
  };
  methods.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
  methods.xDeviceCharacteristics = [](sqlite3_file* f) {
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
  };
  methods.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** at) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
  };
  methods.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
  };
  methods.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
  methods.xShmUnmap = [](sqlite3_file* f, int remove) {
    return real(f)->pMethods->xShmUnmap(real(f), remove);
  };
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* watched = reinterpret_cast<File*>(file);
  watched->real = static_cast<sqlite3_file*>(sqlite3_malloc(real_vfs->szOsFile));
  watched->log = (flags & SQLITE_OPEN_WAL) != 0;
  const int code = real_vfs->xOpen(real_vfs, name, watched->real, flags, out_flags);
  file->pMethods = watched->real->pMethods == nullptr ? nullptr : &methods;
  if (file->pMethods == nullptr) sqlite3_free(watched->real);
  return code;
}

// The default while it lives.
class Vfs {
 public:
  Vfs() {
    real_vfs = sqlite3_vfs_find(nullptr);
    fill_methods();
    vfs_ = *real_vfs;
    vfs_.szOsFile = sizeof(File);
    vfs_.zName = "watched";
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~Vfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_vfs, 1);
  }

 private:
  sqlite3_vfs vfs_;
};

}  // namespace watched

TEST_F(SqliteStoreTest, ACommitReturnsWhenAllOfItIsOnDisk) {
  const watched::Vfs vfs;
  const auto store = open();
  for (int i = 0; i < 20; ++i) {
    const int before = watched::syncs;
    store->commit(std::vector<Change>{
        {What::Allocate, lease("s" + std::to_string(i), "241.0.1." + std::to_string(i)), ""}});
    EXPECT_GT(watched::syncs, before);
    EXPECT_EQ(watched::unsynced, 0) << "a power cut now would lose it";
  }
  const int before = watched::syncs;
  store->commit(std::vector<Change>{});
  EXPECT_EQ(watched::syncs, before) << "nothing to commit costs nothing";
}

}  // namespace
}  // namespace vip
