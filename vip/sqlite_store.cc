#include "vip/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <utility>

namespace vip {
namespace {

namespace fs = std::filesystem;

// "mdns" in ASCII: tells our files from those of other applications.
constexpr int kApplicationId = 0x6d646e73;
constexpr int kSchemaVersion = 1;

constexpr const char* kSchema = R"(
  CREATE TABLE leases(
    ip       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    mesh     TEXT NOT NULL,
    name     TEXT NOT NULL,
    since    INTEGER NOT NULL,
    released INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE last_good_table(
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    checksum INTEGER NOT NULL,
    bytes    BLOB NOT NULL
  );)";

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// The file is no database of ours, or a damaged one: what `--reset-state` is for.
class Unusable : public StoreError {
  using StoreError::StoreError;
};

std::string remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return ": may this user write the file and its folder?";
    case SQLITE_FULL:
      return ": make room on its disk";
    case SQLITE_BUSY:
      return ": another program has it open";
    default:
      return "";
  }
}

[[noreturn]] void fail(const std::string& path, int code, const std::string& what) {
  const std::string text = "state file " + path + ": " + what;
  if (const int primary = code & 0xff; primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    throw Unusable(text +
                   ": it is damaged or no state file; `serve --reset-state` sets it aside and "
                   "starts a new one, in which services get their VIPs anew");
  }
  throw StoreError(text + remedy(code));
}

// A prepared statement of one connection.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& path, const char* sql)
      : database_(database), path_(path) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr));
    statement_.reset(statement);
  }

  // The texts must live until step().
  void bind(int i, std::string_view text) {
    check(sqlite3_bind_text(statement_.get(), i, text.data(), static_cast<int>(text.size()),
                            SQLITE_STATIC));
  }
  void bind(int i, std::int64_t value) { check(sqlite3_bind_int64(statement_.get(), i, value)); }
  void bind_bytes(int i, std::string_view bytes) {
    check(sqlite3_bind_blob64(statement_.get(), i, bytes.data(), bytes.size(), SQLITE_STATIC));
  }
  void bind_null(int i) { check(sqlite3_bind_null(statement_.get(), i)); }

  // False when there are no more rows.
  bool step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) fail(path_, code, sqlite3_errmsg(database_));
    return false;
  }
  // Runs it and makes it ready for the next values.
  void run() {
    step();
    check(sqlite3_reset(statement_.get()));
  }

  std::string text(int i) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), i));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), i));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
  }
  std::int64_t number(int i) const { return sqlite3_column_int64(statement_.get(), i); }
  bool is_null(int i) const { return sqlite3_column_type(statement_.get(), i) == SQLITE_NULL; }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) fail(path_, code, sqlite3_errmsg(database_));
  }

  sqlite3* database_;
  const std::string& path_;
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
};

// Held as long as the instance lives, so that no second one writes the same file. The kernel gives
// it up when the process dies, however it dies.
class InstanceLock {
 public:
  InstanceLock() = default;
  explicit InstanceLock(const std::string& path) {
    const std::string file = path + ".lock";
    fd_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd_ < 0) {
      throw StoreError("state file " + path + ": its lock can't be opened: " +
                       std::strerror(errno) + ": may this user write the folder?");
    }
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const std::string holder = read_pid();
      close(fd_);
      throw StoreError("state file " + path + " is held by another mesh-dns (pid " + holder +
                       "): stop that one, or give this one another file with --state");
    }
    write_pid();
  }
  ~InstanceLock() {
    if (fd_ >= 0) close(fd_);
  }
  InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  InstanceLock& operator=(InstanceLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  std::string read_pid() const {
    char text[32] = {};
    const ssize_t size = pread(fd_, text, sizeof text - 1, 0);
    std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!pid.empty() && pid.back() == '\n') pid.pop_back();
    return pid.empty() ? "unknown" : pid;
  }
  // For the message above only: that it may fail does no harm.
  void write_pid() const {
    const std::string text = std::to_string(getpid()) + '\n';
    if (ftruncate(fd_, 0) == 0) std::ignore = pwrite(fd_, text.data(), text.size(), 0);
  }

  int fd_ = -1;
};

// FNV-1a over 8 bytes at a time: to find a damaged table, not a forged one.
std::int64_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325u ^ bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    sum = (sum ^ word) * 0x100000001b3u;
    sum ^= sum >> 29;
  }
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return static_cast<std::int64_t>(sum);
}

class SqliteStore : public Store {
 public:
  SqliteStore(std::string path, Open how) : path_(std::move(path)) {
    if (how != Open::ReadOnly) lock_ = InstanceLock(path_);
    open(how == Open::ReadOnly);
    check_owner();
    check_integrity();
    if (how == Open::ReadOnly) return;
    // A commit is on disk when it returns: FULL syncs the log after every transaction.
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=FULL");
    if (new_) create_schema();
  }

  std::vector<Lease> load() override;
  void commit(std::span<const Change> changes) override;
  void save_table(std::string_view bytes) override;
  std::string load_table() override;

 private:
  void open(bool read_only);
  void check_owner();
  void check_integrity();
  void create_schema();
  void apply(const Change& change);
  void execute(const char* sql) {
    char* message = nullptr;
    const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, &message);
    const std::string text = message == nullptr ? "" : message;
    sqlite3_free(message);
    if (code != SQLITE_OK) fail(path_, code, text);
  }
  std::int64_t number(const char* sql) {
    Statement statement(database_.get(), path_, sql);
    return statement.step() ? statement.number(0) : 0;
  }
  Lease lease(const Statement& row) const;

  std::string path_;
  InstanceLock lock_;
  Database database_;
  bool new_ = false;
};

std::string file_uri(const std::string& path, bool immutable) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr char kHex[] = "0123456789ABCDEF";
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kHex[c >> 4 & 0xf], kHex[c & 0xf]};
    } else {
      uri += c;
    }
  }
  return immutable ? uri + "?immutable=1" : uri;
}

void SqliteStore::open(bool read_only) {
  const int flags = SQLITE_OPEN_URI |
                    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // Without a log beside it nobody writes the file, and a reader need not make one.
  const bool immutable = read_only && !fs::exists(path_ + "-wal");
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(file_uri(path_, immutable).c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail(path_, code, sqlite3_errmsg(database));
  sqlite3_busy_timeout(database, 2000);
}

void SqliteStore::check_owner() {
  const std::int64_t application = number("PRAGMA application_id");
  const std::int64_t version = number("PRAGMA user_version");
  new_ = application == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema") == 0;
  if (new_) return;
  if (application != kApplicationId) {
    throw Unusable("state file " + path_ +
                   " is a database of another application: name another file with --state, or "
                   "let `serve --reset-state` set it aside");
  }
  if (version != kSchemaVersion) {
    throw Unusable("state file " + path_ + " is of version " + std::to_string(version) +
                   ", and this mesh-dns reads version " + std::to_string(kSchemaVersion) +
                   ": start the mesh-dns that wrote it, or let `serve --reset-state` set it "
                   "aside, after which services get their VIPs anew");
  }
}

void SqliteStore::check_integrity() {
  Statement statement(database_.get(), path_, "PRAGMA quick_check(1)");
  if (!statement.step()) return;
  if (const std::string result = statement.text(0); result != "ok") {
    fail(path_, SQLITE_CORRUPT, result);
  }
}

void SqliteStore::create_schema() {
  execute("BEGIN");
  execute(kSchema);
  execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
  execute(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
  execute("COMMIT");
}

Lease SqliteStore::lease(const Statement& row) const {
  Lease lease;
  const auto ip = mesh::Ip::parse(row.text(0));
  const auto kind = mesh::parse_kind(row.text(1));
  if (!ip || !kind) fail(path_, SQLITE_CORRUPT, "a lease can't be read: " + row.text(0));
  lease.ip = *ip;
  lease.service = {*kind, row.text(2), row.text(3)};
  lease.since = row.number(4);
  if (!row.is_null(5)) lease.released = row.number(5);
  return lease;
}

std::vector<Lease> SqliteStore::load() {
  std::vector<Lease> leases;
  if (new_ && sqlite3_db_readonly(database_.get(), "main") == 1) return leases;
  Statement rows(database_.get(), path_,
                 "SELECT ip, kind, mesh, name, since, released FROM leases");
  while (rows.step()) leases.push_back(lease(rows));
  return leases;
}

// Writes changes by statements that are prepared once.
class Transaction {
 public:
  Transaction(sqlite3* database, const std::string& path)
      : insert_(database, path,
                "INSERT INTO leases(ip, kind, mesh, name, since, released) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        release_(database, path, "UPDATE leases SET released = ?2 WHERE ip = ?1"),
        forget_(database, path, "DELETE FROM leases WHERE ip = ?1") {}

  void apply(const Change& change) {
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
  static void bind_released(Statement& statement, int i, const Lease& lease) {
    lease.released ? statement.bind(i, *lease.released) : statement.bind_null(i);
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

void SqliteStore::commit(std::span<const Change> changes) {
  if (changes.empty()) return;
  execute("BEGIN IMMEDIATE");
  try {
    Transaction transaction(database_.get(), path_);
    for (const Change& change : changes) transaction.apply(change);
    execute("COMMIT");
  } catch (const StoreError&) {
    // After some errors SQLite has rolled back already; then this one fails, and that is fine.
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

void SqliteStore::save_table(std::string_view bytes) {
  Statement statement(database_.get(), path_,
                      "INSERT OR REPLACE INTO last_good_table(id, checksum, bytes) "
                      "VALUES (1, ?1, ?2)");
  statement.bind(1, checksum(bytes));
  statement.bind_bytes(2, bytes);
  statement.run();
}

std::string SqliteStore::load_table() {
  if (new_ && sqlite3_db_readonly(database_.get(), "main") == 1) return "";
  Statement row(database_.get(), path_, "SELECT checksum, bytes FROM last_good_table");
  if (!row.step()) return "";
  std::string bytes = row.text(1);
  return checksum(bytes) == row.number(0) ? bytes : "";
}

void make_folder(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) return;
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) {
    throw StoreError("state file " + path + ": its folder can't be made: " + error.message() +
                     ": make it, or name another file with --state");
  }
  if (made) fs::permissions(folder, fs::perms(0750), error);
}

void check_is_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::status_known(status)) {
    throw StoreError("state file " + path + " can't be looked at: " + error.message() +
                     ": run this as the user that serves, or name another file with --state");
  }
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  throw StoreError("state file " + path +
                   (fs::is_directory(status) ? " is a directory" : " is no file") +
                   ": name a file with --state");
}

// A rename is on disk only when its folder is.
void sync_folder(const std::string& path) {
  const std::string folder = fs::absolute(path).parent_path();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

void set_aside(const std::string& path) {
  int n = 1;
  while (fs::exists(path + ".corrupt-" + std::to_string(n))) ++n;
  const std::string aside = path + ".corrupt-" + std::to_string(n);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    if (fs::exists(path + suffix, error)) fs::rename(path + suffix, aside + suffix, error);
    if (error) {
      throw StoreError("state file " + path + " can't be set aside as " + aside + ": " +
                       error.message());
    }
  }
  sync_folder(path);
}

// Files made meanwhile are for the user and the group alone: they tell what the mesh consists of.
class PrivateFiles {
 public:
  PrivateFiles() : before_(umask(0027)) {}
  ~PrivateFiles() { umask(before_); }
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;

 private:
  mode_t before_;
};

// Opens it and reads it through once, so that a damaged one is found now and not on the first use.
std::unique_ptr<SqliteStore> open_checked(const std::string& path, Open how) {
  auto store = std::make_unique<SqliteStore>(path, how);
  store->load();
  return store;
}

}  // namespace

std::unique_ptr<Store> open_sqlite(const std::string& path, Open how) {
  check_is_file(path);
  if (how == Open::ReadOnly) {
    if (!fs::exists(path)) throw StoreError("state file " + path + " is not there");
    return open_checked(path, how);
  }
  make_folder(path);
  const bool made = !fs::exists(path);
  const PrivateFiles files;
  std::unique_ptr<Store> store;
  try {
    store = open_checked(path, Open::ReadWrite);
  } catch (const Unusable&) {
    if (how != Open::ResetCorrupt) throw;
    set_aside(path);
    store = open_checked(path, Open::ReadWrite);
  }
  if (made) sync_folder(path);
  return store;
}

bool is_empty_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == 0;
}

}  // namespace vip
