#include "pipeline/build.h"
#include "pipeline/zone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "config/document.h"
#include "explain/ask.h"

namespace pipeline {
namespace {

mesh::Resources resources(const std::vector<std::string>& documents) {
  mesh::Resources all;
  for (const std::string& text : documents) {
    const config::Document document =
        config::parse_document(text, {std::make_shared<const std::string>("f"), 1}, {});
    EXPECT_FALSE(mesh::has_errors(document.diagnostics)) << to_string(document.diagnostics.at(0));
    for (const auto& service : document.services) all.services.push_back(service);
    for (const auto& generator : document.generators) all.generators.push_back(generator);
    for (const auto& dataplane : document.dataplanes) all.dataplanes.push_back(dataplane);
  }
  std::ranges::sort(all.services, [](const auto& a, const auto& b) { return a->id() < b->id(); });
  return all;
}

config::Settings settings() {
  return config::load_settings(std::nullopt, "", {}, {}).settings;
}

std::string service(const std::string& name, const std::string& more = "") {
  return "type: MeshService\nname: " + name + "\n" + more +
         "spec: {ports: [{port: 80, name: http}]}\n";
}

std::vector<std::string> hostnames(const Table& table) {
  std::vector<std::string> names;
  TableEntry entry;
  for (Table::Reader reader(table); reader.next(entry);) names.emplace_back(entry.hostname);
  return names;
}

using Names = std::vector<std::string>;

TEST(PipelineTest, FromResourcesToAnswers) {
  const config::Settings s = settings();
  const Build built = build(resources({service("redis")}), s, {}, 1000);
  EXPECT_EQ(hostnames(built.table), Names{"redis.svc.mesh.local"});
  const auto zone = make_zone(built.table, s, 1);
  const explain::Reply reply = explain::ask(*zone, "redis.svc.mesh.local", "A");
  ASSERT_EQ(reply.answer.size(), 1u);
  EXPECT_TRUE(reply.answer[0].ends_with(built.allocation.vips[0][0].to_string()));
  EXPECT_EQ(
      explain::ask(*zone, explain::reverse_name(built.allocation.vips[0][0]), "PTR").answer.size(),
      1u);
  EXPECT_EQ(explain::ask(*zone, "nope.mesh.local", "A").rcode, "NXDOMAIN");
  EXPECT_FALSE(explain::ask(*zone, "example.org", "A").ours);
}

TEST(PipelineTest, Rules) {
  const struct {
    const char* why;
    std::vector<std::string> documents;
    void (*change)(config::Settings&);
    Names hostnames;
  } kCases[] = {
      {"Kuma's default generators", {service("a")}, [](config::Settings&) {}, {"a.svc.mesh.local"}},
      {"not when they are skipped",
       {service("a")},
       [](config::Settings& s) { s.skip_hostname_generators = true; },
       {}},
      {"on Kubernetes the cluster names local services",
       {service("a")},
       [](config::Settings& s) { s.mode = config::Mode::Kubernetes; },
       {}},
      {"only the names of our mesh",
       {service("a", "mesh: shop\n"), service("b")},
       [](config::Settings&) {},
       {"b.svc.mesh.local"}},
      {"or of the one in the settings",
       {service("a", "mesh: shop\n"), service("b")},
       [](config::Settings& s) { s.mesh = "shop"; },
       {"a.svc.mesh.local"}},
      {"a service of another zone",
       {service("a",
                "labels: {kuma.io/origin: global, kuma.io/zone: west, kuma.io/env: universal}\n")},
       [](config::Settings&) {},
       {"a.svc.west.mesh.local"}},
      {"made of Dataplanes",
       {"type: Dataplane\nname: d\nnetworking: {address: 192.0.2.1, inbound: [{port: 1, tags: "
        "{kuma.io/service: a}}]}\n"},
       [](config::Settings&) {},
       {"a.svc.mesh.local"}},
      {"unless that is off",
       {"type: Dataplane\nname: d\nnetworking: {address: 192.0.2.1, inbound: [{port: 1, tags: "
        "{kuma.io/service: a}}]}\n"},
       [](config::Settings& s) { s.generate_from_dataplanes = false; },
       {}},
      {"a generator of one's own takes a default one's place",
       {service("a"),
        "type: HostnameGenerator\nname: local-universal-mesh-service\nspec: {selector: "
        "{meshService: {}}, template: \"{{ .Name }}.own.mesh\"}\n"},
       [](config::Settings&) {},
       {"a.own.mesh"}},
  };
  for (const auto& row : kCases) {
    config::Settings s = settings();
    row.change(s);
    EXPECT_EQ(hostnames(build(resources(row.documents), s, {}, 1000).table), row.hostnames)
        << row.why;
  }
}

// A service with a cluster IP, and generators with these templates.
mesh::Resources in_cluster(const std::vector<std::string>& templates) {
  std::vector<std::string> documents;
  for (const std::string& text : templates) {
    documents.push_back("type: HostnameGenerator\nname: g" + std::to_string(documents.size()) +
                        "\nspec: {selector: {meshService: {}}, template: '" + text + "'}\n");
  }
  mesh::Resources all = resources(documents);
  mesh::Service redis;
  redis.meta.mesh = "default";
  redis.meta.name = "redis";
  redis.vips = {*mesh::Ip::parse("10.96.0.7")};
  redis.origin = mesh::Origin::KubernetesService;
  all.services.push_back(std::make_shared<const mesh::Service>(redis));
  redis.meta.name = "same-pod";
  all.services.push_back(std::make_shared<const mesh::Service>(redis));
  return all;
}

TEST(PipelineTest, AddressesOfTheClusterAreServedAndNothingIsStoredOfThem) {
  config::Settings s = settings();
  s.mode = config::Mode::Kubernetes;
  s.vip.mesh_service.push_back(*mesh::Cidr::parse("fd00:241::/64"));
  const Build built = build(in_cluster({"{{ .Name }}.mesh"}), s, {}, 1000);
  EXPECT_TRUE(built.allocation.changes.empty());
  const auto zone = make_zone(built.table, s, 1);
  for (const char* name : {"redis.mesh", "same-pod.mesh"}) {
    EXPECT_TRUE(explain::ask(*zone, name, "A").answer.at(0).ends_with("10.96.0.7")) << name;
    EXPECT_TRUE(explain::ask(*zone, name, "AAAA").answer.empty()) << name;
  }
  EXPECT_FALSE(explain::ask(*zone, "7.0.96.10.in-addr.arpa", "PTR").ours)
      << "the cluster's DNS has it";
  EXPECT_TRUE(explain::ask(*zone, "1.0.0.242.in-addr.arpa", "PTR").ours);
}

TEST(PipelineTest, NamesOfTheClusterAreNeverOurs) {
  const struct {
    const char* why;
    const char* text;
    Names hostnames;
  } kCases[] = {
      {"a template in the cluster's domain", "{{ .Name }}.svc.cluster.local", {}},
      {"the domain itself", "cluster.local", {}},
      {"one name below it", "kubernetes.default.svc.cluster.local", {}},
      {"a template above it", "{{ .Name }}.local", {"redis.local", "same-pod.local"}},
      {"what only ends like it",
       "{{ .Name }}.mycluster.local",
       {"redis.mycluster.local", "same-pod.mycluster.local"}},
  };
  for (const auto& row : kCases) {
    config::Settings s = settings();
    s.mode = config::Mode::Kubernetes;
    const Build built = build(in_cluster({row.text}), s, {}, 1000);
    EXPECT_EQ(hostnames(built.table), row.hostnames) << row.why;
    if (row.hostnames.empty()) {
      EXPECT_EQ(built.hostnames.outcomes[0].at(0).reason, hostname::Reason::ClusterDomain);
      EXPECT_EQ(to_string(built.hostnames.outcomes[0][0].reason), "ClusterDomain");
    }
    const auto zone = make_zone(built.table, s, 1);
    for (const char* name : {"kubernetes.default.svc.cluster.local", "cluster.local"}) {
      EXPECT_FALSE(explain::ask(*zone, name, "A").ours) << row.why << ": " << name;
    }
    s.mode = config::Mode::Universal;
    EXPECT_FALSE(hostnames(build(in_cluster({row.text}), s, {}, 1000).table).empty()) << row.why;
  }
}

TEST(PipelineTest, TheOrderOfTheInputDoesNotMatter) {
  std::vector<std::string> documents;
  for (int i = 0; i < 60; ++i) {
    documents.push_back(
        service("s" + std::to_string(i), "labels: {host: h" + std::to_string(i % 20) + "}\n"));
  }
  for (const char* name : {"x", "y"}) {
    documents.push_back(
        std::string("type: HostnameGenerator\nname: ") + name +
        "\nspec: {selector: {meshService: {}}, template: '{{ label \"host\" }}.mesh'}\n");
  }
  const config::Settings s = settings();
  const std::string first = build(resources(documents), s, {}, 1000).table.bytes();
  std::mt19937 random(3);
  for (int round = 0; round < 10; ++round) {
    std::ranges::shuffle(documents, random);
    EXPECT_EQ(build(resources(documents), s, {}, 1000).table.bytes(), first);
  }
}

TEST(PipelineTest, ARestartAnswersFromTheTablesBytes) {
  const config::Settings s = settings();
  const Build built = build(resources({service("a"), service("b")}), s, {}, 1000);
  const auto again = Table::from_bytes(built.table.bytes());
  ASSERT_TRUE(again);
  for (const char* qname :
       {"a.svc.mesh.local", "b.svc.mesh.local", "_http._tcp.a.svc.mesh.local"}) {
    for (const char* qtype : {"A", "SRV", "SOA"}) {
      EXPECT_EQ(explain::ask(*make_zone(*again, s, 1), qname, qtype).answer,
                explain::ask(*make_zone(built.table, s, 1), qname, qtype).answer);
    }
  }
}

// Before there is a table: SERVFAIL for what could be ours, and all else is forwarded.
TEST(PipelineTest, BeforeTheFirstTableNoNameOfOursIsForwarded) {
  const std::vector<std::string> kZones = {"mesh.local", "svc.example.com"};
  const struct {
    const char* why;
    const char* mode;
    bool all_known;
    const char* qname;
    bool ours;
  } kCases[] = {
      {"a name in a known zone", "universal", true, "a.svc.mesh.local", true},
      {"the zone itself", "universal", true, "mesh.local", true},
      {"a zone under a public suffix", "universal", true, "a.svc.example.com", true},
      {"the reverse of a pool", "universal", true, "1.0.0.241.in-addr.arpa", true},
      {"beside a known zone", "universal", true, "a.local", false},
      {"a name of the Internet", "universal", true, "www.example.com", false},
      {"another reverse", "universal", true, "1.0.0.10.in-addr.arpa", false},
      {"a fallthrough zone may hold a name of ours", "universal", true, "x.mesh.local", true},
      {"an unknown generator's zone", "kubernetes", false, "a.k.mesh", true},
      {"another private suffix", "kubernetes", false, "a.corp.internal", true},
      {"the cluster's own domain", "kubernetes", false, "a.b.svc.cluster.local", false},
      {"what others are asked about", "kubernetes", false, "db.lan", false},
      {"a name of the Internet, with a cluster away", "kubernetes", false, "www.example.com",
       false},
  };
  for (const auto& row : kCases) {
    const config::Settings s = config::load_settings(std::string("mode: ") + row.mode +
                                                         "\nupstream: {zones: {lan: [192.0.2.1]}}\n"
                                                         "dns: {fallthrough: [x.mesh.local]}\n",
                                                     "mesh-dns.yaml", {}, {})
                                   .settings;
    const auto zone = zone_without_table(s, kZones, row.all_known, 1);
    const explain::Reply reply = explain::ask(*zone, row.qname, "A");
    EXPECT_EQ(reply.ours, row.ours) << row.why;
    if (row.ours) {
      EXPECT_EQ(reply.rcode, "SERVFAIL") << row.why;
    }
  }
}

TEST(PipelineTest, AZoneOfTheSettingsReplacesThoseOfTheTemplates) {
  config::Settings s = settings();
  s.dns.zones = {"other.test"};
  const Build built = build(resources({service("a")}), s, {}, 1000);
  const auto zone = make_zone(built.table, s, 1);
  EXPECT_EQ(explain::ask(*zone, "nope.other.test", "A").rcode, "NXDOMAIN");
  EXPECT_EQ(explain::ask(*zone, "a.svc.mesh.local", "A").answer.size(), 1u)
      << "a name of ours stays ours";
  EXPECT_FALSE(explain::ask(*zone, "nope.svc.mesh.local", "A").ours);
}

}  // namespace
}  // namespace pipeline
