#include "config/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace config {
namespace {

SettingsResult loaded(const std::string& text, std::vector<Override> environment = {},
                      std::vector<Override> flags = {}) {
  return load_settings(text, "s.yaml", environment, flags);
}

std::string said(const SettingsResult& result) {
  std::string text;
  for (const auto& diagnostic : result.diagnostics) text += to_string(diagnostic) + '\n';
  return text;
}

TEST(SettingsTest, Defaults) {
  const SettingsResult result = load_settings(std::nullopt, "", {}, {});
  EXPECT_EQ(said(result), "");
  const Settings& settings = result.settings;
  EXPECT_EQ(to_string(settings.listen.at(0)), "127.0.0.1:15053");
  EXPECT_TRUE(settings.listen_by_default);
  EXPECT_EQ(settings.dns.ttl, 30u);
  EXPECT_EQ(settings.dns.negative_ttl, 5u);
  EXPECT_EQ(settings.vip.quarantine, 300'000u);
  EXPECT_EQ(settings.vip.mesh_service.at(0).to_string(), "241.0.0.0/8");
  EXPECT_EQ(settings.tcp.idle_timeout, 10'000u);
  EXPECT_EQ(settings.mode, Mode::Universal);
  EXPECT_EQ(settings.allow.size(), 2u);
  EXPECT_TRUE(said(loaded("")).empty());
  EXPECT_TRUE(said(loaded("dns:\nvip:\n")).empty()) << "a key alone leaves the defaults";
}

TEST(SettingsTest, FlagsWinOverEnvironmentOverFile) {
  const std::string file = "zone: file\nmesh: file\nstate: /file\n";
  const std::vector<Override> environment = {{{"env"}, "zone", "MESH_DNS_ZONE"},
                                             {{"env"}, "mesh", "MESH_DNS_MESH"}};
  const std::vector<Override> flags = {{{"flag"}, "zone", "--zone"}};
  const SettingsResult result = loaded(file, environment, flags);
  EXPECT_EQ(said(result), "");
  EXPECT_EQ(result.settings.zone, "flag");
  EXPECT_EQ(result.settings.mesh, "env");
  EXPECT_EQ(result.settings.state, "/file");
}

TEST(SettingsTest, EveryValue) {
  const SettingsResult result = loaded(
      "mode: kubernetes\nworkers: 4\nlisten: [\"0.0.0.0:53\", \"[::]:53\"]\n"
      "dns: {ttl: 2m, negativeTtl: 0s, zones: [Mesh.Local.], maxAddresses: 8}\n"
      "vip: {meshService: [10.0.0.0/16, \"fd00::/64\"], quarantine: 1h}\n"
      "upstream: {servers: [\"192.0.2.1\", \"192.0.2.2:5353\"], zones: {corp.example: "
      "\"192.0.2.3\"}, timeout: 1500ms}\n"
      "cache: {size: 64KiB, prefetch: false}\naccess: {allow: 192.0.2.0/24}\n"
      "log: {level: debug, format: json, queries: on}\nlimits: {documents: 10, fileSize: 1MiB}\n");
  EXPECT_EQ(said(result), "");
  const Settings& settings = result.settings;
  EXPECT_EQ(settings.mode, Mode::Kubernetes);
  EXPECT_EQ(settings.workers, 4u);
  EXPECT_EQ(to_string(settings.listen.at(1)), "[::]:53");
  EXPECT_FALSE(settings.listen_by_default);
  EXPECT_EQ(settings.dns.ttl, 120u);
  EXPECT_EQ(settings.dns.zones, (std::vector<std::string>{"mesh.local"}));
  EXPECT_EQ(settings.vip.mesh_service.size(), 2u);
  EXPECT_EQ(to_string(settings.upstream.servers.at(0)), "192.0.2.1:53");
  EXPECT_EQ(to_string(settings.upstream.zones.at("corp.example").at(0)), "192.0.2.3:53");
  EXPECT_EQ(settings.upstream.timeout, 1500u);
  EXPECT_EQ(settings.cache.size, 65536u);
  EXPECT_FALSE(settings.cache.prefetch);
  EXPECT_EQ(settings.allow.at(0).to_string(), "192.0.2.0/24");
  EXPECT_EQ(settings.log.format, LogFormat::Json);
  EXPECT_EQ(settings.log.queries, (QueryLog{1, 0}));
  EXPECT_EQ(settings.limits.documents, 10u);
}

TEST(SettingsTest, WhichQueriesAreLogged) {
  const std::pair<const char*, std::optional<QueryLog>> kCases[] = {
      {"off", QueryLog{0, 0}},   {"on", QueryLog{1, 0}},     {"1/100", QueryLog{100, 0}},
      {"50ms", QueryLog{1, 50}}, {"2s", QueryLog{1, 2000}},  {"1/0", std::nullopt},
      {"1/", std::nullopt},      {"1/x", std::nullopt},      {"2/3", std::nullopt},
      {"0s", std::nullopt},      {"sometimes", std::nullopt}};
  for (const auto& [text, expected] : kCases) {
    const SettingsResult result = loaded("log: {queries: " + std::string(text) + "}\n");
    EXPECT_EQ(said(result).empty(), expected.has_value()) << text;
    EXPECT_EQ(result.settings.log.queries, expected.value_or(QueryLog{})) << text;
  }
}

TEST(SettingsTest, WhereTheAdminServerListens) {
  const std::pair<const char*, const char*> kCases[] = {
      {"127.0.0.1:9000", "127.0.0.1:9000"},
      {"\"[::1]:9000\"", "[::1]:9000"},
      {"unix:/run/mesh-dns/admin.sock", "unix:/run/mesh-dns/admin.sock"},
      {"off", "off"},
      {"\"unix:\"", nullptr},
      {"9000", nullptr},
      {"[127.0.0.1:9000]", nullptr}};
  for (const auto& [text, expected] : kCases) {
    const SettingsResult result = loaded("admin: " + std::string(text) + "\n");
    EXPECT_EQ(said(result).empty(), expected != nullptr) << text;
    const std::string by_default = "127.0.0.1:15056";
    EXPECT_EQ(to_string(result.settings.admin), expected == nullptr ? by_default : expected)
        << text;
  }
}

TEST(SettingsTest, WhatIsSaidOfWhatIsWrong) {
  const struct {
    const char* why;
    const char* text;
    const char* said;
  } kCases[] = {
      {"an unknown setting", "lissten: []\n",
       "s.yaml:1:1: error: lissten: there is no such field; did you mean \"listen\"?"},
      {"an unknown one below another", "dns: {tll: 3s}\n",
       "s.yaml:1:7: error: dns.tll: there is no such field; did you mean \"ttl\"?"},
      {"a duration", "dns: {ttl: banana}\n",
       "s.yaml:1:12: error: dns.ttl: expected a duration, as 30s, 5m or 1500ms"},
      {"a duration without a unit", "dns: {ttl: 30}\n", "expected a duration"},
      {"a TTL of parts of a second", "dns: {ttl: 1500ms}\n", "a TTL is in whole seconds"},
      {"a TTL of years", "dns: {ttl: 800d}\n", "is not between"},
      {"a duration that overflows", "dns: {ttl: 99999999999999999999d}\n", "expected a duration"},
      {"an address", "listen: [localhost:53]\n", "listen[0]: expected an IP address and a port"},
      {"a port", "listen: [\"127.0.0.1:99999\"]\n", "expected an IP address and a port"},
      {"IPv6 without brackets", "listen: [\"::1:53\"]\n", "as 127.0.0.1:15053 or [::1]:15053"},
      {"no address at all", "listen: []\n", "listen: expected at least one address"},
      {"no resources", "resources: []\n", "resources: expected at least one path"},
      {"a range", "vip: {meshService: [241.0.0.1/8]}\n", "with no bits set behind the prefix"},
      {"a /32", "vip: {meshService: [241.0.0.1/32]}\n", "241.0.0.1/32 has no address to give out"},
      {"an IPv6 /128", "vip: {meshService: [\"fd00::1/128\"]}\n", "has no address to give out"},
      {"a pool of multicast", "vip: {meshService: [224.0.0.0/4]}\n",
       "s.yaml:1:21: error: vip.meshService[0]: 224.0.0.0/4 overlaps 224.0.0.0/4, "
       "which is multicast: no service can have such an address; take another range, as "
       "241.0.0.0/8"},
      {"a pool within it", "vip: {meshExternalService: 239.1.0.0/16}\n",
       "239.1.0.0/16 overlaps 224.0.0.0/4, which is multicast"},
      {"a pool of \"this network\"", "vip: {meshService: [0.0.0.0/8]}\n",
       "0.0.0.0/8 overlaps 0.0.0.0/8, which is \"this network\""},
      {"a pool of everything", "vip: {meshService: [0.0.0.0/0]}\n", "0.0.0.0/0 overlaps 0.0.0.0/8"},
      {"a pool of IPv6 multicast", "vip: {meshService: [\"ff05::/16\"]}\n",
       "ff05::/16 overlaps ff00::/8, which is multicast: no service can have such an address; take "
       "another range, as fd00:241::/64"},
      {"a pool around the unspecified address", "vip: {meshService: [\"::/64\"]}\n",
       "::/64 overlaps ::/128, which is the unspecified address"},
      {"a pool of IPv4 in IPv6", "vip: {meshService: [\"::ffff:10.0.0.0/104\"]}\n",
       "overlaps ::ffff:0:0/96, which is IPv4 written as IPv6"},
      {"the limited broadcast address", "vip: {meshService: [255.255.255.255/32]}\n",
       "255.255.255.255/32 has no address to give out"},
      {"pools that overlap", "vip: {meshService: [242.1.0.0/16]}\n",
       "242.1.0.0/16 of vip.meshService"},
      {"a quarantine that is too short", "vip: {quarantine: 10s}\n",
       "vip.quarantine: is shorter than twice dns.ttl and 30 s"},
      {"one that is too short for this TTL", "dns: {ttl: 1h}\n", "set at least 7230s"},
      {"a boolean", "defaults: {skipHostnameGenerators: yes}\n", "expected true or false"},
      {"a word", "log: {level: loud}\n", "expected one of trace, debug, info, warn, error"},
      {"a number", "tcp: {maxConnections: many}\n", "expected a number"},
      {"zero workers", "workers: 0\n", "0 is not between 1 and 256"},
      {"a size", "cache: {size: 16MB}\n", "expected a size, as 16MiB"},
      {"a section that is a value", "dns: 3s\n", "dns: expected a map"},
      {"a list that is a map", "listen: {a: b}\n", "listen: expected a list, found a map"},
      {"no map", "- a\n", "expected a map, found a list"},
      {"no YAML", "a: [\n", "no valid YAML"},
      {"a zone of the cluster", "mode: kubernetes\ndns: {zones: [svc.cluster.local]}\n",
       "svc.cluster.local is within cluster.local"},
      {"a cluster domain that is no name", "kubernetes: {clusterDomain: a_b}\n",
       "kubernetes.clusterDomain: expected a DNS name"},
      {"what Services there are", "generate: {fromServices: all}\n",
       "expected one of labelled, injected, off"},
      {"Kuma's word for it", "generate: {fromServices: true}\n",
       "expected one of labelled, injected, off, found the boolean true"},
      {"a zone that is none", "dns: {zones: [a_b]}\n", "dns.zones[0]: expected a DNS name"},
      {"a route without a server", "upstream: {zones: {corp.example: x}}\n",
       "upstream.zones[\"corp.example\"]"},
      {"a route to no server", "upstream: {zones: {corp.example: []}}\n",
       "s.yaml:1:34: error: upstream.zones[\"corp.example\"]: expected at least one server: "
       "without "
       "any, its names are SERVFAIL; to ask those of upstream.servers, leave the zone out"},
  };
  for (const auto& row : kCases) {
    const SettingsResult result = loaded(row.text);
    EXPECT_TRUE(mesh::has_errors(result.diagnostics)) << row.why;
    EXPECT_NE(said(result).find(row.said), std::string::npos) << row.why << ": " << said(result);
  }
}

TEST(SettingsTest, WhatIsTakenWithAWarning) {
  const struct {
    const char* why;
    const char* text;
    const char* said;  // "": nothing
  } kCases[] = {
      {"a pool of loopback", "vip: {meshService: [127.128.0.0/16]}\n",
       "s.yaml:1:21: warning: vip.meshService[0]: 127.128.0.0/16 overlaps 127.0.0.0/8, "
       "which is loopback: it leads nowhere but to the host that asks; take another range, as "
       "241.0.0.0/8"},
      {"a link-local pool", "vip: {meshService: [169.254.0.0/16]}\n",
       "169.254.0.0/16 overlaps 169.254.0.0/16, which is link-local: no router passes it on"},
      {"a link-local pool of IPv6", "vip: {meshService: [\"fe80::/64\"]}\n",
       "fe80::/64 overlaps fe80::/10, which is link-local"},
      {"the last address of a pool is never given", "vip: {meshService: [255.255.0.0/16]}\n", ""},
      {"no client", "access: {allow: []}\n",
       "s.yaml:1:17: warning: access.allow: has no range, so that every client is REFUSED: name "
       "those of the clients, as 127.0.0.0/8"},
  };
  for (const auto& row : kCases) {
    const SettingsResult result = loaded(row.text);
    EXPECT_FALSE(mesh::has_errors(result.diagnostics)) << row.why << ": " << said(result);
    EXPECT_NE(said(result).find(row.said), std::string::npos) << row.why << ": " << said(result);
    EXPECT_EQ(said(result).empty(), std::string_view(row.said).empty()) << row.why;
  }
}

TEST(SettingsTest, OverridesNameTheirSource) {
  const SettingsResult flag = loaded("", {}, {{{"x"}, "listen", "--listen"}});
  EXPECT_TRUE(said(flag).starts_with("--listen: error: listen: expected")) << said(flag);
  const SettingsResult variable = loaded("", {{{"banana"}, "dns.ttl", "MESH_DNS_DNS_TTL"}});
  EXPECT_TRUE(said(variable).starts_with("MESH_DNS_DNS_TTL: error: dns.ttl")) << said(variable);
}

TEST(SettingsTest, NamesThatLookLikeNumbersNeedNoQuotesOutsideYaml) {
  const SettingsResult result = loaded("", {}, {{{"1"}, "zone", "--zone"}});
  EXPECT_EQ(said(result), "");
  EXPECT_EQ(result.settings.zone, "1");
}

SettingsResult from_environment(const std::vector<std::string>& environment) {
  mesh::Diagnostics diagnostics;
  const auto overrides = overrides_from_environment(environment, diagnostics);
  SettingsResult result = loaded("", overrides);
  result.diagnostics.insert(result.diagnostics.end(), diagnostics.begin(), diagnostics.end());
  return result;
}

TEST(EnvironmentTest, EverySettingHasAVariable) {
  EXPECT_EQ(environment_name("dns.negativeTtl"), "MESH_DNS_DNS_NEGATIVE_TTL");
  EXPECT_EQ(environment_name("vip.meshMultiZoneService"), "MESH_DNS_VIP_MESH_MULTI_ZONE_SERVICE");
  std::set<std::string> names;
  for (const SettingInfo& info : setting_table()) names.insert(environment_name(info.path));
  EXPECT_EQ(names.size(), setting_table().size());
}

TEST(EnvironmentTest, OursAndKumas) {
  const SettingsResult result =
      from_environment({"HOME=/x", "MESH_DNS_LISTEN=127.0.0.1:1, [::1]:2", "MESH_DNS_DNS_TTL=10s",
                        "KUMA_IPAM_MESH_SERVICE_CIDR=10.1.0.0/16",
                        "KUMA_IPAM_MESH_EXTERNAL_SERVICE_CIDR=10.2.0.0/16",
                        "KUMA_IPAM_MESH_MULTI_ZONE_SERVICE_CIDR=10.3.0.0/16",
                        "KUMA_DEFAULTS_SKIP_HOSTNAME_GENERATORS=true"});
  EXPECT_EQ(said(result), "");
  EXPECT_EQ(result.settings.listen.size(), 2u);
  EXPECT_EQ(result.settings.dns.ttl, 10u);
  EXPECT_EQ(result.settings.vip.mesh_service.at(0).to_string(), "10.1.0.0/16");
  EXPECT_EQ(result.settings.vip.mesh_external_service.at(0).to_string(), "10.2.0.0/16");
  EXPECT_EQ(result.settings.vip.mesh_multi_zone_service.at(0).to_string(), "10.3.0.0/16");
  EXPECT_TRUE(result.settings.skip_hostname_generators);
}

TEST(EnvironmentTest, WhereTheClusterIs) {
  const Settings settings = from_environment({"KUBECONFIG=/k/config"}).settings;
  EXPECT_EQ(settings.kubernetes.kubeconfig, "/k/config");
  EXPECT_EQ(settings.cluster_domain(), "") << "a universal zone has no cluster";
  EXPECT_EQ(from_environment({"KUBECONFIG="}).settings.kubernetes.kubeconfig, "");
  EXPECT_EQ(loaded("mode: kubernetes\nkubernetes: {clusterDomain: K8s.Example.}\n")
                .settings.cluster_domain(),
            "k8s.example");
}

TEST(EnvironmentTest, WhetherServicesMakeMeshServices) {
  const char* variable = "KUMA_EXPERIMENTAL_GENERATE_MESH_SERVICES=";
  EXPECT_EQ(from_environment({variable + std::string("false")}).settings.generate_from_services,
            FromServices::Off);
  EXPECT_EQ(from_environment({variable + std::string("true")}).settings.generate_from_services,
            FromServices::Labelled);
  EXPECT_EQ(loaded("generate: {fromServices: injected}\n").settings.generate_from_services,
            FromServices::Injected);
}

TEST(EnvironmentTest, OursWinOverKumas) {
  const SettingsResult result =
      from_environment({"MESH_DNS_VIP_MESH_SERVICE=10.9.0.0/16",
                        "KUMA_IPAM_MESH_SERVICE_CIDR=10.1.0.0/16", "KUMA_DNS_PROXY_PORT=5353"});
  EXPECT_EQ(result.settings.vip.mesh_service.at(0).to_string(), "10.9.0.0/16");
  EXPECT_EQ(to_string(result.settings.listen.at(0)), "127.0.0.1:5353");
}

TEST(EnvironmentTest, WhatHasNoEffectIsTold) {
  const std::string text =
      said(from_environment({"KUMA_EXPERIMENTAL_SKIP_PERSISTED_VIPS=true", "MESH_DNS_DNS_TLL=3s",
                             "MESH_DNS_UPSTREAM_ZONES=a=b"}));
  for (const char* part :
       {"KUMA_EXPERIMENTAL_SKIP_PERSISTED_VIPS: notice: has no effect here",
        "MESH_DNS_DNS_TLL: warning: there is no such setting; did you mean MESH_DNS_DNS_TTL?",
        "upstream.zones can only be set in the settings file"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

// What a schema is made of.
TEST(SettingsTest, EverySettingTellsItsForm) {
  for (const SettingInfo& info : setting_table()) {
    EXPECT_NE(form_of(info.path).kind, ValueForm::Kind::Untold)
        << info.path << ": let its decoder ask the Decoder, or call told()";
  }
  const ValueForm workers = form_of("workers");
  EXPECT_EQ(workers.kind, ValueForm::Kind::Integer);
  EXPECT_EQ(workers.words, (std::vector<std::string>{"auto"}));
  EXPECT_EQ(bounds(workers), "1 to 256");
  EXPECT_EQ(form_of("log.format").words, (std::vector<std::string>{"text", "json"}));
  EXPECT_EQ(bounds(form_of("upstream.timeout")), "10ms to 1m");
  EXPECT_EQ(bounds(form_of("limits.fileSize")), "1KiB to 4GiB");
  EXPECT_EQ(bounds(form_of("state")), "");
  EXPECT_TRUE(form_of("upstream.zones").map);
  EXPECT_TRUE(form_of("upstream.zones").list);
  EXPECT_TRUE(form_of("upstream.servers").default_port);
  EXPECT_FALSE(form_of("admin").list);
  EXPECT_EQ(form_of("nothing").kind, ValueForm::Kind::Untold);
}

// docs/configuration.md lists exactly the settings that there are, with their defaults.
TEST(SettingsTest, TheDocumentationNamesEverySetting) {
  std::ifstream file(MESH_DNS_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty());
  for (const SettingInfo& info : setting_table()) {
    const std::string row = "| `" + std::string(info.path) + "` |";
    EXPECT_NE(text.str().find(row), std::string::npos) << row;
    const std::string by_default = info.by_default;
    const auto at = text.str().find(row);
    const std::string line = text.str().substr(at, text.str().find('\n', at) - at);
    EXPECT_NE(line.find(by_default), std::string::npos) << line;
  }
}

TEST(SettingsTest, TheExampleFileHoldsTheDefaults) {
  std::ifstream file(MESH_DNS_SOURCE_DIR "/docs/examples/settings/mesh-dns.yaml");
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty());
  const SettingsResult example = loaded(text.str());
  const Settings by_default = load_settings(std::nullopt, "", {}, {}).settings;
  EXPECT_EQ(said(example), "");
  const Settings& settings = example.settings;
  EXPECT_EQ(settings.resources, by_default.resources);
  EXPECT_EQ(settings.state, by_default.state);
  EXPECT_EQ(settings.dns.ttl, by_default.dns.ttl);
  EXPECT_EQ(settings.dns.max_addresses, by_default.dns.max_addresses);
  EXPECT_EQ(settings.vip.mesh_multi_zone_service, by_default.vip.mesh_multi_zone_service);
  EXPECT_EQ(settings.vip.quarantine, by_default.vip.quarantine);
  EXPECT_EQ(settings.tcp.max_connections_per_client, by_default.tcp.max_connections_per_client);
  EXPECT_EQ(settings.upstream.timeout, by_default.upstream.timeout);
  EXPECT_EQ(settings.cache.stale_after, by_default.cache.stale_after);
  EXPECT_EQ(settings.allow, by_default.allow);
  EXPECT_EQ(settings.limits.file_size, by_default.limits.file_size);
  EXPECT_EQ(settings.limits.documents, by_default.limits.documents);
  EXPECT_EQ(settings.limits.document_size, by_default.limits.document_size);
  EXPECT_EQ(settings.generate_from_dataplanes, by_default.generate_from_dataplanes);
}

}  // namespace
}  // namespace config
