// The mesh-dns program: reads the command line and the settings, and runs a command.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/serve.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/redirect.h"
#include "cli/schema.h"
#include "config/settings.h"
#include "logging/log.h"

extern char** environ;

namespace {

using cli::Command;
using cli::CommandLine;

struct SettingsFile {
  std::string path;
  std::optional<std::string> text;
};

// --config, else $MESH_DNS_CONFIG, else the default file if it is there.
SettingsFile read_settings_file(const CommandLine& line) {
  const char* variable = std::getenv("MESH_DNS_CONFIG");
  const bool named = line.config || variable != nullptr;
  SettingsFile file;
  file.path = line.config ? *line.config : variable ? variable : config::kDefaultSettingsFile;
  std::ifstream stream(file.path, std::ios::binary);
  if (stream) {
    file.text.emplace(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  if (named && (!stream || stream.bad())) {
    throw std::runtime_error("settings file " + file.path +
                             " can't be read: does it exist, and may this user read it?");
  }
  return file;
}

config::SettingsResult read_settings(const CommandLine& line) {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  mesh::Diagnostics diagnostics;
  const auto overrides = config::overrides_from_environment(environment, diagnostics);
  const SettingsFile file = read_settings_file(line);
  config::SettingsResult result =
      config::load_settings(file.text, file.path, overrides, line.overrides);
  result.diagnostics.insert(result.diagnostics.begin(), diagnostics.begin(), diagnostics.end());
  return result;
}

// Whether a flag has a wrong value, which is told under the flag's name.
bool is_wrong_usage(const CommandLine& line, const mesh::Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [&](const mesh::Diagnostic& diagnostic) {
    return diagnostic.severity == mesh::Severity::Error && diagnostic.position.file != nullptr &&
           std::ranges::count(line.overrides, *diagnostic.position.file,
                              &config::Override::source) != 0;
  });
}

int run(const CommandLine& line) {
  if (line.command == Command::Schema) {
    std::cout << cli::schema(line.what);
    return 0;
  }
  const auto [settings, diagnostics] = read_settings(line);
  for (const mesh::Diagnostic& diagnostic : diagnostics) {
    std::cerr << mesh::to_string(diagnostic) << '\n';
  }
  if (is_wrong_usage(line, diagnostics)) return cli::kExitUsage;
  if (mesh::has_errors(diagnostics)) return cli::kExitErrors;
  const cli::Streams streams{std::cout, std::cerr};
  switch (line.command) {
    case Command::Serve:
      logging::start(settings.log.level, settings.log.format);
      return app::serve(settings, {line.renumber, line.reset_state});
    case Command::Validate:
      return cli::validate(line, settings, streams);
    case Command::Render:
      return cli::render(line, settings, streams);
    case Command::Explain:
      return cli::explain(line, settings, streams);
    case Command::Plan:
      return cli::plan(line, settings, streams);
    case Command::Status:
      return cli::status(line, settings, streams);
    case Command::Schema:
      break;
    case Command::Redirect:
      return cli::redirect(line, settings, streams);
  }
  return cli::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = cli::parse_command_line(argc, argv, std::cout, std::cerr);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    return run(std::get<CommandLine>(parsed));
  } catch (const std::exception& error) {
    std::cerr << "mesh-dns: " << error.what() << '\n';
    return cli::kExitErrors;
  }
}
