// The settings of a process: file, environment and flags laid over the defaults.
//
// Flags win over environment, environment over the file, the file over the defaults below. The
// names are stable; docs/configuration.md lists them. A plain value, read once at start.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/endpoint.h"
#include "config/value_form.h"
#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "mesh/resources.h"

namespace config {

enum class Mode : std::uint8_t { Universal, Kubernetes };
// The Services that MeshServices are made of: those with the label kuma.io/mesh, or also all in
// namespaces with the label kuma.io/sidecar-injection.
enum class FromServices : std::uint8_t { Off, Labelled, Injected };
enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Text, Json };

// Which queries are logged: none, one of `every`, or those that took `slower` or longer.
struct QueryLog {
  std::uint32_t every = 0;   // 0: none, 1: all
  std::uint64_t slower = 0;  // ms; then `every` is 1
  friend bool operator==(const QueryLog&, const QueryLog&) = default;
};

// How much input is read before it is refused. Each is named in the message when it is hit.
struct Limits {
  std::uint64_t file_size = 64u << 20;     // bytes
  std::uint64_t document_size = 1u << 20;  // bytes, of one document or one item of a List
  std::uint64_t documents = 250'000;       // in one file
};

// Times are in ms unless a name says otherwise.
struct Settings {
  Mode mode = Mode::Universal;
  std::string zone = "default";
  std::string mesh = "default";
  std::vector<std::string> resources = {"/etc/mesh-dns/resources"};
  std::string state = "/var/lib/mesh-dns/state.db";
  std::vector<Endpoint> listen;  // 127.0.0.1:15053 when the file has none
  bool listen_by_default = true;
  Admin admin;           // 127.0.0.1:15056
  unsigned workers = 0;  // 0: one a core allowed to us

  struct Dns {
    std::uint32_t ttl = 30;          // s
    std::uint32_t negative_ttl = 5;  // s
    std::vector<std::string> zones;
    std::vector<std::string> fallthrough;
    std::uint32_t max_addresses = 24;
  } dns;
  struct Tcp {
    std::uint64_t idle_timeout = 10'000;
    std::uint32_t max_connections = 1024;
    std::uint32_t max_connections_per_client = 256;
  } tcp;
  struct Vip {
    std::vector<mesh::Cidr> mesh_service;
    std::vector<mesh::Cidr> mesh_external_service;
    std::vector<mesh::Cidr> mesh_multi_zone_service;
    std::uint64_t quarantine = 300'000;
  } vip;
  bool generate_from_dataplanes = true;
  FromServices generate_from_services = FromServices::Labelled;
  bool skip_hostname_generators = false;
  struct Upstream {
    std::vector<Endpoint> servers;
    std::string resolv_conf = "/etc/resolv.conf";
    std::map<std::string, std::vector<Endpoint>> zones;
    bool single_labels = false;
    std::uint64_t timeout = 1000;
    std::uint32_t max_in_flight = 1000;
    std::uint32_t max_in_flight_per_client = 100;
  } upstream;
  struct Cache {
    std::uint64_t size = 16u << 20;  // bytes
    std::uint64_t max_ttl = 86'400'000;
    std::uint64_t stale_for = 86'400'000;
    std::uint64_t stale_after = 1800;
    bool prefetch = true;
  } cache;
  struct Kubernetes {
    std::string kubeconfig;  // none: the service account of our pod
    std::string context;     // none: the kubeconfig's current one
    std::string cluster_domain = "cluster.local";
    bool write_status = false;
  } kubernetes;
  std::vector<mesh::Cidr> allow;  // 127.0.0.0/8, ::1/128
  struct Log {
    LogLevel level = LogLevel::Info;
    LogFormat format = LogFormat::Text;
    QueryLog queries;
  } log;
  struct Dnstap {
    std::string socket;    // path of a Unix socket; "" for none
    std::string identity;  // "" for the host's name
  } dnstap;
  Limits limits;

  mesh::Locality locality() const;
  // The domain that is the cluster's DNS's own; "" in a universal zone.
  std::string_view cluster_domain() const;
};

// One value from outside the file: a flag or an environment variable.
struct Override {
  std::vector<std::string> values;  // more than one only for lists
  std::string path;                 // the setting, as "dns.ttl"
  std::string source;               // for diagnostics: "--listen", "MESH_DNS_DNS_TTL"
};

struct SettingsResult {
  Settings settings;  // defaults where something was wrong
  mesh::Diagnostics diagnostics;
};

inline constexpr const char* kDefaultSettingsFile = "/etc/mesh-dns/mesh-dns.yaml";

// A setting as documentation and environment know it.
struct SettingInfo {
  const char* path;  // "dns.negativeTtl"
  const char* type;  // "duration", "list of addresses", ...
  const char* by_default;
  const char* help;
};
std::vector<SettingInfo> setting_table();
// What the setting of this path may be, as its decoder says.
ValueForm form_of(std::string_view path);
// "dns.negativeTtl" → "MESH_DNS_DNS_NEGATIVE_TTL"
std::string environment_name(std::string_view path);

// Overrides that the environment holds: MESH_DNS_* by name of the setting, and Kuma's own
// variables as aliases. `environment` is "NAME=value" strings.
std::vector<Override> overrides_from_environment(const std::vector<std::string>& environment,
                                                 mesh::Diagnostics& diagnostics);

// Lays `environment`, then `flags`, over the file's text, if there is a file. `file` names it in
// diagnostics. Reads no file itself.
SettingsResult load_settings(const std::optional<std::string>& text, const std::string& file,
                             const std::vector<Override>& environment,
                             const std::vector<Override>& flags);

}  // namespace config
