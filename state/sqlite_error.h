// From SQLite's result codes to errors with a remedy. Internal to the folder.
#pragma once

#include <string>

namespace state {

// `code`: a result code of SQLite. Throws Unusable if it means a damaged file, else Error.
[[noreturn]] void fail(const std::string& path, int code, const std::string& what);

}  // namespace state
