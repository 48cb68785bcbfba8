#include "state/file.h"

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "state/place.h"
#include "state/schema.h"
#include "state/sqlite_error.h"
#include "state/statement.h"

namespace state {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

void File::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close(database);
}

File::File(std::string path, bool read_only) : path_(std::move(path)), read_only_(read_only) {
  if (!read_only_) lock_ = InstanceLock(path_);
  connect();
  check_owner();
  if (read_only_) return;
  // A commit is on disk when it returns: FULL syncs the log after every transaction.
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=FULL");
  bring_up_to_date();
}

File::~File() = default;

std::unique_ptr<File> File::open(const std::string& path, Open how,
                                 const std::function<void(File&)>& verify) {
  check_is_file(path);
  if (how == Open::ReadOnly) {
    if (!fs::exists(path)) throw Error("state file " + path + " is not there");
    return std::unique_ptr<File>(new File(path, true));
  }
  make_folder(path);
  const bool made = !fs::exists(path);
  const PrivateFiles files;
  std::unique_ptr<File> file;
  try {
    file.reset(new File(path, false));
    if (how == Open::ResetCorrupt) {
      file->check();
      if (verify) verify(*file);
    }
  } catch (const Unusable&) {
    if (how != Open::ResetCorrupt) throw;
    file.reset();
    set_aside(path);
    file.reset(new File(path, false));
  }
  if (made) sync_folder(path);
  return file;
}

void File::connect() {
  // Without SQLite's own locks: a File is used by one thread at a time.
  const int flags = SQLITE_OPEN_URI | (read_only_ ? SQLITE_OPEN_READONLY
                                                  : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // Without a log beside it nobody writes the file, and a reader need not make one.
  const bool immutable = read_only_ && !fs::exists(path_ + "-wal");
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(file_uri(path_, immutable).c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail(path_, code, sqlite3_errmsg(database));
  sqlite3_busy_timeout(database, 2000);
}

void File::check_owner() {
  const std::int64_t application = number("PRAGMA application_id");
  version_ = number("PRAGMA user_version");
  const bool is_new =
      application == 0 && version_ == 0 && number("SELECT count(*) FROM sqlite_schema") == 0;
  if (is_new) return;
  if (application != kApplicationId) {
    throw Unusable("state file " + path_ +
                   " is a database of another application: name another file with --state, or "
                   "let `serve --reset-state` set it aside");
  }
  if (version_ < kOldestVersion || version_ > kSchemaVersion) {
    throw Unusable("state file " + path_ + " is of version " + std::to_string(version_) +
                   ", and this mesh-dns reads version " + std::to_string(kSchemaVersion) +
                   ": start the mesh-dns that wrote it, or let `serve --reset-state` set it "
                   "aside, after which services get their VIPs anew");
  }
}

void File::bring_up_to_date() {
  if (version_ == kSchemaVersion) return;
  Transaction transaction(*this);
  for (const Step& step : steps()) {
    if (step.version > version_) execute(step.sql);
  }
  if (version_ == 0) {
    execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
  }
  execute(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
  transaction.commit();
  version_ = kSchemaVersion;
}

void File::check() {
  Statement statement(*this, "PRAGMA quick_check(1)");
  if (!statement.step()) return;
  if (const std::string result = statement.text(0); result != "ok") {
    fail(path_, SQLITE_CORRUPT, result);
  }
}

void File::execute(const char* sql) {
  char* message = nullptr;
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, &message);
  const std::string text = message == nullptr ? "" : message;
  sqlite3_free(message);
  if (code != SQLITE_OK) fail(path_, code, text);
}

bool File::has_table(std::string_view name) const {
  Statement statement(*this, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
  statement.bind(1, name);
  return statement.step();
}

std::int64_t File::number(const char* sql) const {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

Transaction::Transaction(File& file) : file_(file) {
  file_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // After some errors SQLite has rolled back already; then this one fails, and that is fine.
  if (open_) sqlite3_exec(file_.database(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  file_.execute("COMMIT");
  open_ = false;
}

Snapshot::Snapshot(File& file) : file_(file) {
  file_.execute("BEGIN");
}

Snapshot::~Snapshot() {
  sqlite3_exec(file_.database(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool is_empty_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == 0;
}

// FNV-1a over 8 bytes at a time.
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

}  // namespace state
