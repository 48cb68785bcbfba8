#include "config/settings.h"

#include <algorithm>
#include <cctype>

#include "config/decode.h"
#include "config/setting_table.h"

namespace config {
namespace {

constexpr Path kRoot;
mesh::Cidr range(std::string_view text) {
  return *mesh::Cidr::parse(text);
}

Settings defaults() {
  Settings settings;
  settings.listen = {{mesh::Ip::v4(0x7f000001), 15053}};
  settings.admin.address = {mesh::Ip::v4(0x7f000001), 15056};
  settings.vip.mesh_service = {range("241.0.0.0/8")};
  settings.vip.mesh_external_service = {range("242.0.0.0/8")};
  settings.vip.mesh_multi_zone_service = {range("243.0.0.0/8")};
  settings.allow = {range("127.0.0.0/8"), range("::1/128")};
  return settings;
}

void apply_section(Decoder& decoder, const Node& section, const Path& path, Settings& settings) {
  decoder.only(section, path, names_below(to_string(path)));
  for (const Entry& entry : section.entries) {
    const Path at = path / entry.key;
    const std::string name = to_string(at);
    if (entry.value.kind == Node::Kind::Null) continue;  // "key:" alone leaves the default
    if (const Setting* setting = find_setting(name)) {
      setting->set(decoder, entry.value, at, settings);
    } else if (is_section(name) && decoder.map(entry.value, at)) {
      apply_section(decoder, entry.value, at, settings);
    }
  }
}

void apply_file(const std::string& text, const std::string& file, SettingsResult& result) {
  const Source source{std::make_shared<const std::string>(file), 1};
  Node root;
  if (!parse(text, source, {}, root, result.diagnostics)) return;
  if (root.kind == Node::Kind::Null) return;
  Decoder decoder(source, UnknownFields::Refuse, result.diagnostics);
  if (decoder.map(root, kRoot)) apply_section(decoder, root, kRoot, result.settings);
}

Node scalar(std::string text) {
  Node node;
  node.kind = Node::Kind::Scalar;
  node.plain = true;
  node.text = std::move(text);
  return node;
}

void apply(const Override& from, SettingsResult& result) {
  const Setting* setting = find_setting(from.path);
  if (setting == nullptr) return;
  const Source source{std::make_shared<const std::string>(from.source), 0};
  Decoder decoder(source, UnknownFields::Refuse, result.diagnostics);
  Node node = scalar(from.values.empty() ? "" : from.values.front());
  // A text may look like a number; from outside YAML it needs no quotes.
  if (std::string_view(setting->info.type) == "name" ||
      std::string_view(setting->info.type) == "path") {
    node.plain = false;
  }
  if (from.values.size() != 1) {
    node = {};
    node.kind = Node::Kind::Sequence;
    for (const std::string& value : from.values) node.items.push_back(scalar(value));
  }
  const std::string_view path = setting->info.path;
  const std::size_t dot = path.find('.');
  const Path section = kRoot / path.substr(0, dot);
  const Path at = dot == path.npos ? section : section / path.substr(dot + 1);
  setting->set(decoder, node, at, result.settings);
}

void error(SettingsResult& result, const std::string& file, std::string path, std::string message) {
  result.diagnostics.push_back({mesh::Severity::Error,
                                {std::make_shared<const std::string>(file), 0, 0},
                                std::move(path),
                                std::move(message)});
}

struct NamedPool {
  const char* path;
  mesh::Cidr range;
};

std::vector<NamedPool> named_pools(const Settings& settings) {
  std::vector<NamedPool> pools;
  for (const auto& pool : settings.vip.mesh_service) pools.push_back({"vip.meshService", pool});
  for (const auto& pool : settings.vip.mesh_external_service) {
    pools.push_back({"vip.meshExternalService", pool});
  }
  for (const auto& pool : settings.vip.mesh_multi_zone_service) {
    pools.push_back({"vip.meshMultiZoneService", pool});
  }
  return pools;
}

void check_pools(const std::string& file, SettingsResult& result) {
  const std::vector<NamedPool> pools = named_pools(result.settings);
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const auto& [path, pool] = pools[i];
    const unsigned most = pool.family() == mesh::Family::V4 ? 30 : 126;
    if (pool.length() > most) {
      error(result, file, path,
            pool.to_string() +
                " has no address to give out, since the first and the last of a range never are: "
                "give a range of /" +
                std::to_string(most) + " or larger");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!pool.overlaps(pools[j].range)) continue;
      error(result, file, path,
            pool.to_string() + " overlaps " + pools[j].range.to_string() + " of " + pools[j].path +
                ": an address can belong to one pool only");
    }
  }
}

// What no setting can tell alone.
void check(const std::string& file, SettingsResult& result) {
  Settings& settings = result.settings;
  if (settings.listen.empty()) error(result, file, "listen", "expected at least one address");
  if (settings.resources.empty()) error(result, file, "resources", "expected at least one path");
  check_pools(file, result);
  for (const std::string& zone : settings.dns.zones) {
    const std::string_view domain = settings.cluster_domain();
    if (domain.empty() || !(zone == domain || zone.ends_with('.' + std::string(domain)))) continue;
    error(result, file, "dns.zones",
          zone + " is within " + std::string(domain) +
              ", which belongs to the cluster's DNS: leave it out");
  }
  // Clients may hold an answer for its TTL, and some begin to count only when they use it; the JVM
  // keeps one for 30 s by a clock of its own.
  const std::uint64_t least = (2ull * settings.dns.ttl + 30) * 1000;
  if (settings.vip.quarantine < least) {
    error(result, file, "vip.quarantine",
          "is shorter than twice dns.ttl and 30 s, in which clients may still use the old "
          "address: set at least " +
              std::to_string(least / 1000) + "s");
  }
}

std::string upper_snake(std::string_view path) {
  std::string name;
  for (const char c : path) {
    if (c == '.') {
      name += '_';
    } else {
      if (c >= 'A' && c <= 'Z') name += '_';
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return name;
}

}  // namespace

mesh::Locality Settings::locality() const {
  return {zone, mesh, mode == Mode::Kubernetes ? "kubernetes" : "universal"};
}

std::string_view Settings::cluster_domain() const {
  return mode == Mode::Kubernetes ? std::string_view(kubernetes.cluster_domain) : "";
}

std::vector<SettingInfo> setting_table() {
  std::vector<SettingInfo> table;
  for (const Setting& setting : all_settings()) table.push_back(setting.info);
  return table;
}

ValueForm form_of(std::string_view path) {
  ValueForm form;
  const Setting* setting = find_setting(path);
  if (setting == nullptr) return form;
  mesh::Diagnostics unused;
  const Source source;
  Decoder decoder(source, unused, form);
  Settings settings = defaults();
  setting->set(decoder, {}, kRoot, settings);
  return form;
}

std::string environment_name(std::string_view path) {
  return "MESH_DNS_" + upper_snake(path);
}

SettingsResult load_settings(const std::optional<std::string>& text, const std::string& file,
                             const std::vector<Override>& environment,
                             const std::vector<Override>& flags) {
  SettingsResult result{defaults(), {}};
  if (text) apply_file(*text, file, result);
  for (const Override& from : environment) apply(from, result);
  for (const Override& from : flags) apply(from, result);
  if (!mesh::has_errors(result.diagnostics)) check(text ? file : "settings", result);
  return result;
}

}  // namespace config
