#include "state/sqlite_error.h"

#include <sqlite3.h>

#include "state/error.h"

namespace state {
namespace {

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

}  // namespace

void fail(const std::string& path, int code, const std::string& what) {
  const std::string text = "state file " + path + ": " + what;
  if (const int primary = code & 0xff; primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    throw Unusable(text +
                   ": it is damaged or no state file; `serve --reset-state` sets it aside and "
                   "starts a new one, in which services get their VIPs anew");
  }
  throw Error(text + remedy(code));
}

}  // namespace state
