#include "config/settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <set>

#include "config/setting_values.h"
#include "config/text.h"

namespace config {
namespace {

constexpr Path kRoot;
constexpr std::uint64_t kDay = 86'400'000;  // ms
constexpr std::uint64_t kMaxTtl = 604'800;  // s: a week; RFC 2181, 8 allows more, no one wants it

using D = Decoder&;
using N = const Node&;
using P = const Path&;
using S = Settings&;

void set_mode(D decoder, N node, P path, S settings) {
  const auto word = decoder.word(node, path, {"universal", "kubernetes"});
  if (word) settings.mode = *word == "kubernetes" ? Mode::Kubernetes : Mode::Universal;
}

void set_from_services(D decoder, N node, P path, S settings) {
  const auto word = decoder.word(node, path, {"labelled", "injected", "off"});
  if (!word) return;
  settings.generate_from_services = *word == "injected" ? FromServices::Injected
                                    : *word == "off"    ? FromServices::Off
                                                        : FromServices::Labelled;
}

void set_workers(D decoder, N node, P path, S settings) {
  if (decoder.is(node, "auto")) {
    settings.workers = 0;
    return;
  }
  std::uint32_t workers = settings.workers;
  set_count(decoder, node, path, {1, 256}, workers);
  settings.workers = workers;
}

void set_log_level(D decoder, N node, P path, S settings) {
  const auto word = decoder.word(node, path, {"trace", "debug", "info", "warn", "error"});
  if (!word) return;
  settings.log.level = *word == "trace"   ? LogLevel::Trace
                       : *word == "debug" ? LogLevel::Debug
                       : *word == "info"  ? LogLevel::Info
                       : *word == "warn"  ? LogLevel::Warn
                                          : LogLevel::Error;
}

void set_log_format(D decoder, N node, P path, S settings) {
  const auto word = decoder.word(node, path, {"text", "json"});
  if (word) settings.log.format = *word == "json" ? LogFormat::Json : LogFormat::Text;
}

struct Setting {
  SettingInfo info;
  void (*set)(D decoder, N node, P path, S settings);
};

// In the order of the documentation.
const Setting kSettings[] = {
    {{"mode", "universal or kubernetes", "universal", "the kind of zone we are in"}, set_mode},
    {{"zone", "name", "default", "the Kuma zone we are in"},
     [](D d, N n, P p, S s) { set_name(d, n, p, s.zone); }},
    {{"mesh", "name", "default", "the mesh whose names are served"},
     [](D d, N n, P p, S s) { set_name(d, n, p, s.mesh); }},
    {{"resources", "list of paths", "/etc/mesh-dns/resources", "files and directories to read"},
     [](D d, N n, P p, S s) { set_texts(d, n, p, s.resources); }},
    {{"state", "path", "/var/lib/mesh-dns/state.db", "the file that keeps the VIPs"},
     [](D d, N n, P p, S s) { set_text(d, n, p, s.state); }},
    {{"listen", "list of addresses", "127.0.0.1:15053", "where DNS is served, UDP and TCP"},
     [](D d, N n, P p, S s) {
       set_endpoints(d, n, p, 0, s.listen);
       s.listen_by_default = false;
     }},
    {{"admin", "address, unix:PATH or off", "127.0.0.1:15056", "where the admin server listens"},
     [](D d, N n, P p, S s) { set_admin(d, n, p, s.admin); }},
    {{"workers", "auto or a number", "auto", "threads that answer; auto: one a core allowed to us"},
     set_workers},
    {{"dns.ttl", "duration", "30s", "TTL of the answers for our names"},
     [](D d, N n, P p, S s) {
       set_seconds(d, n, p, {0, kMaxTtl}, s.dns.ttl);
     }},
    {{"dns.negativeTtl", "duration", "5s", "TTL of their NXDOMAIN and NODATA"},
     [](D d, N n, P p, S s) {
       set_seconds(d, n, p, {0, kMaxTtl}, s.dns.negative_ttl);
     }},
    {{"dns.zones", "list of names", "",
      "zones we are authoritative for; none: the literal "
      "suffixes of the generators' templates"},
     [](D d, N n, P p, S s) { set_names(d, n, p, s.dns.zones); }},
    {{"dns.fallthrough", "list of names", "", "zones whose unknown names are not ours"},
     [](D d, N n, P p, S s) { set_names(d, n, p, s.dns.fallthrough); }},
    {{"dns.maxAddresses", "number", "24", "addresses in one answer at most"},
     [](D d, N n, P p, S s) {
       set_count(d, n, p, {1, 200}, s.dns.max_addresses);
     }},
    {{"tcp.idleTimeout", "duration", "10s", "until an idle TCP connection is closed"},
     [](D d, N n, P p, S s) {
       set_milliseconds(d, n, p, {100, kDay}, s.tcp.idle_timeout);
     }},
    {{"tcp.maxConnections", "number", "1024", "TCP connections in all"},
     [](D d, N n, P p, S s) {
       set_count(d, n, p, {1, 65536}, s.tcp.max_connections);
     }},
    {{"tcp.maxConnectionsPerClient", "number", "256", "TCP connections of one client address"},
     [](D d, N n, P p, S s) {
       set_count(d, n, p, {1, 65536}, s.tcp.max_connections_per_client);
     }},
    {{"vip.meshService", "list of ranges", "241.0.0.0/8", "VIPs of MeshServices"},
     [](D d, N n, P p, S s) { set_pools(d, n, p, s.vip.mesh_service); }},
    {{"vip.meshExternalService", "list of ranges", "242.0.0.0/8", "VIPs of MeshExternalServices"},
     [](D d, N n, P p, S s) { set_pools(d, n, p, s.vip.mesh_external_service); }},
    {{"vip.meshMultiZoneService", "list of ranges", "243.0.0.0/8", "VIPs of MeshMultiZoneServices"},
     [](D d, N n, P p, S s) { set_pools(d, n, p, s.vip.mesh_multi_zone_service); }},
    {{"vip.quarantine", "duration", "5m", "how long a VIP rests before another service gets it"},
     [](D d, N n, P p, S s) {
       set_milliseconds(d, n, p, {0, 365 * kDay}, s.vip.quarantine);
     }},
    {{"generate.fromDataplanes", "boolean", "true", "make MeshServices of Dataplanes"},
     [](D d, N n, P p, S s) { set_flag(d, n, p, s.generate_from_dataplanes); }},
    {{"generate.fromServices", "labelled, injected or off", "labelled",
      "on Kubernetes, make MeshServices of Services with the label kuma.io/mesh, of these and all "
      "in "
      "namespaces with sidecar injection, or of none"},
     set_from_services},
    {{"defaults.skipHostnameGenerators", "boolean", "false", "leave Kuma's generators out"},
     [](D d, N n, P p, S s) { set_flag(d, n, p, s.skip_hostname_generators); }},
    {{"kubernetes.kubeconfig", "path", "",
      "how the API server is reached; none: $KUBECONFIG, else the service account of our pod"},
     [](D d, N n, P p, S s) { set_text(d, n, p, s.kubernetes.kubeconfig); }},
    {{"kubernetes.context", "name", "", "context of the kubeconfig; none: its current-context"},
     [](D d, N n, P p, S s) { set_text(d, n, p, s.kubernetes.context); }},
    {{"kubernetes.clusterDomain", "name", "cluster.local",
      "names within it are the cluster's DNS's, and never ours"},
     [](D d, N n, P p, S s) { set_dns_name(d, n, p, s.kubernetes.cluster_domain); }},
    {{"kubernetes.writeStatus", "boolean", "false",
      "write VIPs, hostnames and conditions to the status of custom resources"},
     [](D d, N n, P p, S s) { set_flag(d, n, p, s.kubernetes.write_status); }},
    {{"upstream.servers", "list of addresses", "",
      "servers to forward to; none: those of upstream.resolvConf"},
     [](D d, N n, P p, S s) { set_endpoints(d, n, p, 53, s.upstream.servers); }},
    {{"upstream.resolvConf", "path", "/etc/resolv.conf",
      "file whose nameservers are forwarded to; followed when it changes"},
     [](D d, N n, P p, S s) { set_text(d, n, p, s.upstream.resolv_conf); }},
    {{"upstream.zones", "map of lists of addresses", "", "servers for single zones"},
     [](D d, N n, P p, S s) { set_routes(d, n, p, s.upstream.zones); }},
    {{"upstream.singleLabels", "boolean", "false",
      "forward A and AAAA of names of one label; else they don't exist"},
     [](D d, N n, P p, S s) { set_flag(d, n, p, s.upstream.single_labels); }},
    {{"upstream.timeout", "duration", "1s", "until a server that is silent is given up"},
     [](D d, N n, P p, S s) {
       set_milliseconds(d, n, p, {10, 60'000}, s.upstream.timeout);
     }},
    {{"upstream.maxInFlight", "number", "1000", "forwarded queries in flight in all"},
     [](D d, N n, P p, S s) {
       set_count(d, n, p, {1, 100'000}, s.upstream.max_in_flight);
     }},
    {{"upstream.maxInFlightPerClient", "number", "100", "forwarded queries in flight of a client"},
     [](D d, N n, P p, S s) {
       set_count(d, n, p, {1, 100'000}, s.upstream.max_in_flight_per_client);
     }},
    {{"cache.size", "size", "16MiB", "memory for answers of other servers; 0: no cache"},
     [](D d, N n, P p, S s) {
       set_size(d, n, p, {0, 64ull << 30}, s.cache.size);
     }},
    {{"cache.maxTtl", "duration", "1d", "longest time that an answer is kept"},
     [](D d, N n, P p, S s) {
       set_milliseconds(d, n, p, {0, 7 * kDay}, s.cache.max_ttl);
     }},
    {{"cache.staleFor", "duration", "1d", "how long after its TTL an answer is better than none"},
     [](D d, N n, P p, S s) {
       set_milliseconds(d, n, p, {0, 30 * kDay}, s.cache.stale_for);
     }},
    {{"cache.staleAfter", "duration", "1800ms", "how long to try before a stale answer is given"},
     [](D d, N n, P p, S s) {
       set_milliseconds(d, n, p, {0, 60'000}, s.cache.stale_after);
     }},
    {{"cache.prefetch", "boolean", "true", "renew popular answers before they run out"},
     [](D d, N n, P p, S s) { set_flag(d, n, p, s.cache.prefetch); }},
    {{"access.allow", "list of ranges", "127.0.0.0/8, ::1/128", "clients that are answered"},
     [](D d, N n, P p, S s) { set_clients(d, n, p, s.allow); }},
    {{"log.level", "trace, debug, info, warn or error", "info", "what is logged"}, set_log_level},
    {{"log.format", "text or json", "text", "how it is logged"}, set_log_format},
    {{"log.queries", "off, on, 1/N or a duration", "off",
      "queries that are logged: none, all, one of N, or those that took so long"},
     [](D d, N n, P p, S s) { set_query_log(d, n, p, s.log.queries); }},
    {{"dnstap.socket", "path", "", "Unix socket that queries and replies are sent to, as dnstap"},
     [](D d, N n, P p, S s) { set_text(d, n, p, s.dnstap.socket); }},
    {{"dnstap.identity", "name", "", "who sends them; none: the name of the host"},
     [](D d, N n, P p, S s) { set_text(d, n, p, s.dnstap.identity); }},
    {{"limits.fileSize", "size", "64MiB", "of one resource file"},
     [](D d, N n, P p, S s) {
       set_size(d, n, p, {1024, 4ull << 30}, s.limits.file_size);
     }},
    {{"limits.documentSize", "size", "1MiB", "of one document, or one item of a List"},
     [](D d, N n, P p, S s) {
       set_size(d, n, p, {1024, 1ull << 30}, s.limits.document_size);
     }},
    {{"limits.documents", "number", "250000", "documents in one file"},
     [](D d, N n, P p, S s) {
       set_count(d, n, p, {1, 100'000'000}, s.limits.documents);
     }},
};

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

const Setting* find(std::string_view path) {
  const auto* found = std::ranges::find_if(
      kSettings, [&](const Setting& setting) { return setting.info.path == path; });
  return found == std::end(kSettings) ? nullptr : found;
}

bool is_section(const std::string& path) {
  return std::ranges::any_of(kSettings, [&](const Setting& setting) {
    return std::string_view(setting.info.path).starts_with(path + '.');
  });
}

// The names that are allowed directly below `section`.
std::vector<std::string_view> names_below(const std::string& section) {
  std::vector<std::string_view> names;
  const std::size_t skip = section.empty() ? 0 : section.size() + 1;
  for (const Setting& setting : kSettings) {
    const std::string_view path = setting.info.path;
    if (skip != 0 && !path.starts_with(section + '.')) continue;
    const std::string_view name = path.substr(skip, path.find('.', skip) - skip);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

void apply_section(Decoder& decoder, const Node& section, const Path& path, Settings& settings) {
  decoder.only(section, path, names_below(to_string(path)));
  for (const Entry& entry : section.entries) {
    const Path at = path / entry.key;
    const std::string name = to_string(at);
    if (entry.value.kind == Node::Kind::Null) continue;  // "key:" alone leaves the default
    if (const Setting* setting = find(name)) {
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
  const Setting* setting = find(from.path);
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

std::string to_string(const Endpoint& endpoint) {
  const std::string ip = endpoint.address.to_string();
  return (endpoint.address.is_v4() ? ip : '[' + ip + ']') + ':' + std::to_string(endpoint.port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = mesh::Ip::parse(host);
  if (!ip || ip->is_v4() == bracketed) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Endpoint{*ip, port};
}

std::string to_string(const Admin& admin) {
  if (!admin.on) return "off";
  return admin.socket.empty() ? to_string(admin.address) : "unix:" + admin.socket;
}

std::optional<Admin> parse_admin(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text == "off") return Admin{.on = false, .address = {}, .socket = {}};
  if (text.starts_with(kUnix)) {
    text.remove_prefix(kUnix.size());
    if (text.empty()) return std::nullopt;
    return Admin{.on = true, .address = {}, .socket = std::string(text)};
  }
  const auto endpoint = parse_endpoint(text);
  if (!endpoint) return std::nullopt;
  return Admin{.on = true, .address = *endpoint, .socket = {}};
}

mesh::Locality Settings::locality() const {
  return {zone, mesh, mode == Mode::Kubernetes ? "kubernetes" : "universal"};
}

std::string_view Settings::cluster_domain() const {
  return mode == Mode::Kubernetes ? std::string_view(kubernetes.cluster_domain) : "";
}

std::vector<SettingInfo> setting_table() {
  std::vector<SettingInfo> table;
  for (const Setting& setting : kSettings) table.push_back(setting.info);
  return table;
}

ValueForm form_of(std::string_view path) {
  ValueForm form;
  const Setting* setting = find(path);
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
