// The commands and flags of the mesh-dns program, as design.md names them.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "cli/redirect_options.h"
#include "config/settings.h"

namespace cli {

enum class Command : std::uint8_t {
  Serve,
  Validate,
  Render,
  Explain,
  Plan,
  Status,
  Schema,
  Redirect
};

struct CommandLine {
  Command command = Command::Serve;
  std::optional<std::string> config;        // --config
  std::vector<config::Override> overrides;  // flags that stand for settings
  std::vector<std::string> paths;           // of all but serve; redirect may do without
  std::string output;                       // -o; "" when not given
  std::string what;                         // of explain and schema
  bool renumber = false;
  bool reset_state = false;
  RedirectOptions redirect;
};

inline constexpr int kExitUsage = 2;

// The command line, or the exit status of a program that has nothing more to do: 0 after --help and
// --version, which go to `out`; kExitUsage after a message on `err`.
std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv,
                                                  std::ostream& out, std::ostream& err);

}  // namespace cli
