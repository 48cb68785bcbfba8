// The mesh-dns program: reads the command line and the settings, and runs a command.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/command_line.h"
#include "app/commands.h"
#include "app/log.h"
#include "app/redirect.h"
#include "app/schema.h"
#include "app/serve.h"
#include "config/settings.h"

extern char** environ;

namespace {

using app::Command;
using app::CommandLine;

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
    std::cout << app::schema(line.what);
    return 0;
  }
  const auto [settings, diagnostics] = read_settings(line);
  for (const mesh::Diagnostic& diagnostic : diagnostics) {
    std::cerr << mesh::to_string(diagnostic) << '\n';
  }
  if (is_wrong_usage(line, diagnostics)) return app::kExitUsage;
  if (mesh::has_errors(diagnostics)) return app::kExitErrors;
  const app::Streams streams{std::cout, std::cerr};
  switch (line.command) {
    case Command::Serve:
      app::log::start(settings.log.level, settings.log.format);
      return app::serve(settings, {line.renumber, line.reset_state});
    case Command::Validate:
      return app::validate(line, settings, streams);
    case Command::Render:
      return app::render(line, settings, streams);
    case Command::Explain:
      return app::explain(line, settings, streams);
    case Command::Plan:
      return app::plan(line, settings, streams);
    case Command::Status:
      return app::status(line, settings, streams);
    case Command::Schema:
      break;
    case Command::Redirect:
      return app::redirect(line, settings, streams);
  }
  return app::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = app::parse_command_line(argc, argv, std::cout, std::cerr);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    return run(std::get<CommandLine>(parsed));
  } catch (const std::exception& error) {
    std::cerr << "mesh-dns: " << error.what() << '\n';
    return app::kExitErrors;
  }
}
