// The state file: one SQLite file in which the instance keeps what must outlive it. Folders keep
// tables of their own in it (schema.cc): `vip` the leases, `pipeline` the last good table.
//
// WAL and synchronous=FULL, so that a transaction that was committed survives a crash of the
// process and of the machine. A File is used by one thread at a time. Its functions block on the
// disk: once an instance serves, they are called on a thread of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "state/error.h"
#include "state/instance_lock.h"

struct sqlite3;

namespace state {

enum class Open {
  ReadWrite,     // created if missing, folders included; locked against a second instance
  ReadOnly,      // for `plan`: never changed, must be there
  ResetCorrupt,  // as ReadWrite; a file that can't be used is set aside as FILE.corrupt-N first
};

class File {
 public:
  // Reads the head of the file only, so that a large one is opened as fast as a small one: damage
  // behind the head is found by check() or by who reads the damaged part, as Unusable. A file of an
  // older version is migrated, unless it is opened ReadOnly.
  //
  // With ResetCorrupt all damage is found here, while the file can still be set aside: check() and
  // then `verify`, which reads what the caller can't do without and throws Unusable if it can't.
  //
  // Throws state::Error: a missing folder, no permission, a full disk, another instance that holds
  // it, a schema of a later version, a file that is no database or a damaged one.
  static std::unique_ptr<File> open(const std::string& path, Open how,
                                    const std::function<void(File&)>& verify = {});
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  bool is_read_only() const { return read_only_; }

  // Reads the whole file and throws Unusable if its structure is damaged.
  void check();

  void execute(const char* sql);  // throws state::Error
  // False in a file of an older version, or in an empty one, that was opened ReadOnly.
  bool has_table(std::string_view name) const;

  // The connection, for Statement.
  sqlite3* database() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };

  File(std::string path, bool read_only);
  void connect();
  void check_owner();
  void bring_up_to_date();
  std::int64_t number(const char* sql) const;

  const std::string path_;
  const bool read_only_;
  InstanceLock lock_;
  std::unique_ptr<sqlite3, Close> database_;
  std::int64_t version_ = 0;  // of its schema; 0: it has none yet
};

// What is written while it lives is committed as a whole or not at all.
class Transaction {
 public:
  explicit Transaction(File& file);  // throws state::Error
  ~Transaction();                    // rolls back what was not committed
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // On disk when it returns. Throws state::Error.
  void commit();

 private:
  File& file_;
  bool open_ = true;
};

// Everything that is read while it lives is of one moment, though another process writes meanwhile.
class Snapshot {
 public:
  explicit Snapshot(File& file);  // throws state::Error
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  File& file_;
};

// Whether the file is there and has no bytes: then what it held is lost, and File::open() creates
// it again, as SQLite does. A state file is never left so, but for a crash while it was created.
bool is_empty_file(const std::string& path);

// To find damaged bytes, not forged ones.
std::int64_t checksum(std::string_view bytes);

}  // namespace state
