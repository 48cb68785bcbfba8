#include "app/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "app/ask.h"
#include "config/document.h"

namespace app {
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
  const Reply reply = ask(*zone, "redis.svc.mesh.local", "A");
  ASSERT_EQ(reply.answer.size(), 1u);
  EXPECT_TRUE(reply.answer[0].ends_with(built.allocation.vips[0][0].to_string()));
  EXPECT_EQ(ask(*zone, reverse_name(built.allocation.vips[0][0]), "PTR").answer.size(), 1u);
  EXPECT_EQ(ask(*zone, "nope.mesh.local", "A").rcode, "NXDOMAIN");
  EXPECT_FALSE(ask(*zone, "example.org", "A").ours);
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
      EXPECT_EQ(ask(*make_zone(*again, s, 1), qname, qtype).answer,
                ask(*make_zone(built.table, s, 1), qname, qtype).answer);
    }
  }
}

TEST(PipelineTest, BeforeTheFirstTableOnlyTheZonesOfTheSettingsAreKnown) {
  config::Settings s = settings();
  s.dns.zones = {"mesh.local"};
  const auto zone = make_zone({}, s, 1, false);
  EXPECT_EQ(ask(*zone, "a.mesh.local", "A").rcode, "SERVFAIL");
  EXPECT_FALSE(ask(*zone, "example.org", "A").ours);
}

TEST(PipelineTest, AZoneOfTheSettingsReplacesThoseOfTheTemplates) {
  config::Settings s = settings();
  s.dns.zones = {"other.test"};
  const Build built = build(resources({service("a")}), s, {}, 1000);
  const auto zone = make_zone(built.table, s, 1);
  EXPECT_EQ(ask(*zone, "nope.other.test", "A").rcode, "NXDOMAIN");
  EXPECT_EQ(ask(*zone, "a.svc.mesh.local", "A").answer.size(), 1u) << "a name of ours stays ours";
  EXPECT_FALSE(ask(*zone, "nope.svc.mesh.local", "A").ours);
}

}  // namespace
}  // namespace app
