#include "config/setting_table.h"

#include <algorithm>

#include "config/setting_values.h"

namespace config {
namespace {

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

}  // namespace

std::span<const Setting> all_settings() {
  return kSettings;
}

const Setting* find_setting(std::string_view path) {
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

}  // namespace config
