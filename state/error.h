// What can be wrong with the state file.
#pragma once

#include <stdexcept>

namespace state {

// The state file can't be opened, read or written: names the file, the reason and the remedy.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The file is not a state file of this version, or it is damaged: what `--reset-state` is for.
class Unusable : public Error {
  using Error::Error;
};

}  // namespace state
