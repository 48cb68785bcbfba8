// The commands that bind nothing: validate, render, explain and plan, which read their paths, build
// and print; and status, which asks. Each gives the exit status of the program.
#pragma once

#include <ostream>

#include "cli/command_line.h"
#include "config/settings.h"

namespace cli {

inline constexpr int kExitErrors = 1;

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

int validate(const CommandLine& line, const config::Settings& settings, Streams streams);
int render(const CommandLine& line, const config::Settings& settings, Streams streams);
int explain(const CommandLine& line, const config::Settings& settings, Streams streams);
int plan(const CommandLine& line, const config::Settings& settings, Streams streams);
// Asks the admin server of a running instance. kExitErrors too if it isn't ready.
int status(const CommandLine& line, const config::Settings& settings, Streams streams);

}  // namespace cli
