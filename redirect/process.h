// Runs a program to its end, with a text on its standard input, without a shell.
//
// Blocks; for commands that a person types, not for a server.
#pragma once

#include <string>
#include <vector>

namespace redirect {

struct Finished {
  bool found = true;  // false: there is no such program, and the rest is empty
  int status = 0;     // its exit status; 128 and more: ended by a signal
  std::string out;
  std::string err;
};

// `command[0]` is looked for in $PATH, and then where administrators' programs are, since that is
// in no other user's $PATH. Throws std::system_error when the program can't be started for another
// reason.
Finished run(const std::vector<std::string>& command, const std::string& input = "");

}  // namespace redirect
