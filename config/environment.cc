#include <algorithm>
#include <string>
#include <vector>

#include "config/settings.h"
#include "config/text.h"

namespace config {
namespace {

constexpr std::string_view kPrefix = "MESH_DNS_";
constexpr std::string_view kSettingsFile = "MESH_DNS_CONFIG";  // read by the program itself

// Kuma's own variables, so that a zone can move over.
struct Alias {
  std::string_view name;
  const char* path;
};
constexpr Alias kAliases[] = {
    {"KUMA_IPAM_MESH_SERVICE_CIDR", "vip.meshService"},
    {"KUMA_IPAM_MESH_EXTERNAL_SERVICE_CIDR", "vip.meshExternalService"},
    {"KUMA_IPAM_MESH_MULTI_ZONE_SERVICE_CIDR", "vip.meshMultiZoneService"},
    {"KUMA_DEFAULTS_SKIP_HOSTNAME_GENERATORS", "defaults.skipHostnameGenerators"},
    {"KUMA_DNS_PROXY_PORT", "listen"},
    {"KUMA_EXPERIMENTAL_GENERATE_MESH_SERVICES", "generate.fromServices"},
    {"KUBECONFIG", "kubernetes.kubeconfig"},
};

// Those that are understood and change nothing.
struct Ignored {
  std::string_view name;
  const char* why;
};
constexpr Ignored kIgnored[] = {
    {"KUMA_EXPERIMENTAL_SKIP_PERSISTED_VIPS",
     "has no effect here: VIPs are always kept in the state file"},
};

// What Kuma writes in a variable, as our setting has it.
std::string translated(std::string_view name, std::string_view value) {
  // Kuma has a port there, and listens on loopback.
  if (name == "KUMA_DNS_PROXY_PORT") return "127.0.0.1:" + std::string(value);
  if (name == "KUMA_EXPERIMENTAL_GENERATE_MESH_SERVICES") {
    if (value == "true") return "labelled";
    if (value == "false") return "off";
  }
  return std::string(value);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> values;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view value = text.substr(0, comma);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (!value.empty()) values.emplace_back(value);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return values;
}

void add(mesh::Diagnostics& diagnostics, mesh::Severity severity, std::string_view variable,
         std::string message) {
  diagnostics.push_back(
      {severity, {std::make_shared<const std::string>(variable), 0, 0}, "", std::move(message)});
}

class Environment {
 public:
  explicit Environment(mesh::Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    for (const SettingInfo& info : setting_table()) {
      table_.push_back(info);
      names_.push_back(environment_name(info.path));
    }
  }

  // Ours win over Kuma's, so they are laid over them.
  std::vector<Override> run(const std::vector<std::string>& variables) {
    for (const std::string& variable : variables) take(variable);
    kuma_.insert(kuma_.end(), ours_.begin(), ours_.end());
    return std::move(kuma_);
  }

 private:
  void take(std::string_view variable) {
    const std::size_t equals = variable.find('=');
    if (equals == variable.npos) return;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    if (name.starts_with(kPrefix)) return take_ours(name, value);
    for (const Ignored& ignored : kIgnored) {
      if (ignored.name == name) {
        add(diagnostics_, mesh::Severity::Notice, name, ignored.why);
      }
    }
    for (const Alias& alias : kAliases) {
      if (alias.name != name || value.empty()) continue;
      kuma_.push_back({{translated(name, value)}, alias.path, std::string(name)});
    }
  }

  void take_ours(std::string_view name, std::string_view value) {
    if (name == kSettingsFile) return;
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) return unknown(name);
    const SettingInfo& info = table_[static_cast<std::size_t>(found - names_.begin())];
    const std::string_view type = info.type;
    if (type.starts_with("map")) {
      add(diagnostics_, mesh::Severity::Error, name,
          std::string(info.path) + " can only be set in the settings file");
      return;
    }
    const bool list = type.starts_with("list");
    ours_.push_back({list ? split(value) : std::vector<std::string>{std::string(value)}, info.path,
                     std::string(name)});
  }

  void unknown(std::string_view name) {
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    const std::string_view meant = nearest(name, known);
    add(diagnostics_, mesh::Severity::Warning, name,
        meant.empty() ? "there is no such setting; docs/configuration.md lists them"
                      : "there is no such setting; did you mean " + std::string(meant) + "?");
  }

  mesh::Diagnostics& diagnostics_;
  std::vector<SettingInfo> table_;
  std::vector<std::string> names_;
  std::vector<Override> ours_;
  std::vector<Override> kuma_;
};

}  // namespace

std::vector<Override> overrides_from_environment(const std::vector<std::string>& environment,
                                                 mesh::Diagnostics& diagnostics) {
  return Environment(diagnostics).run(environment);
}

}  // namespace config
