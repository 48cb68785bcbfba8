// The store in one SQLite file: WAL, synchronous=FULL, so that a commit that returned survives a
// crash of the process and of the machine.
#pragma once

#include <memory>
#include <string>

#include "vip/store.h"

namespace vip {

enum class Open {
  ReadWrite,     // made if it isn't there, folders included; locked against a second instance
  ReadOnly,      // for `plan`: never changed, must be there
  ResetCorrupt,  // as ReadWrite; a file that can't be used is set aside as FILE.corrupt-N first
};

// Throws StoreError: a missing folder, no permission, a full disk, another instance that holds it,
// a schema of another version, a file that is no database or a damaged one.
std::unique_ptr<Store> open_sqlite(const std::string& path, Open how);

// Whether the file is there and has no octets: then what it held is lost, and open_sqlite() starts
// it anew, as SQLite does. A store never leaves it so, but for a crash while it was made.
bool is_empty_file(const std::string& path);

}  // namespace vip
