#include "hostname/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hostname {
namespace {

using mesh::Kind;

struct ServiceRow {
  const char* name;
  mesh::Labels labels = {{"kuma.io/origin", "zone"}};
  std::optional<std::int64_t> created = {};
  Kind kind = Kind::MeshService;
  const char* mesh = "default";
};

struct GeneratorRow {
  const char* name;
  const char* text;
  mesh::Labels match = {};
  std::optional<std::int64_t> created = {};
  const char* origin = "zone";
  Kind selects = Kind::MeshService;
};

std::shared_ptr<const mesh::Service> service(const ServiceRow& row) {
  auto service = std::make_shared<mesh::Service>();
  service->kind = row.kind;
  service->meta.name = row.name;
  service->meta.mesh = row.mesh;
  service->meta.labels = row.labels;
  service->meta.creation_time = row.created;
  return service;
}

std::shared_ptr<const mesh::HostnameGenerator> generator(const GeneratorRow& row) {
  auto generator = std::make_shared<mesh::HostnameGenerator>();
  generator->meta.name = row.name;
  generator->meta.creation_time = row.created;
  generator->meta.labels.set("kuma.io/origin", row.origin);
  generator->selects = row.selects;
  generator->match = row.match;
  generator->template_text = row.text;
  return generator;
}

// "redis: all=Generated redis.mesh; ..." of every service, sorted.
std::vector<std::string> told(const mesh::Resources& resources, const Hostnames& hostnames) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < resources.services.size(); ++i) {
    const mesh::Service& service = *resources.services[i];
    std::string line = service.meta.name;
    if (service.meta.mesh != "default") line += "@" + service.meta.mesh;
    if (service.kind == Kind::MeshExternalService) line += " (external)";
    line += ":";
    for (const Outcome& outcome : hostnames.outcomes[i]) {
      line += ' ' + hostnames.generators[outcome.generator].core_name + '=' +
              std::string(to_string(outcome.reason));
      if (!outcome.hostname.empty()) line += ' ' + outcome.hostname;
    }
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

struct Case {
  const char* why;
  std::vector<ServiceRow> services;
  std::vector<GeneratorRow> generators;
  std::vector<std::string> expected;
};

const Case kCases[] = {
    {"a generator without labels names every service of its kind",
     {{"redis"}, {"web"}, {"ext", {}, {}, Kind::MeshExternalService}},
     {{"all", "{{ .DisplayName }}.mesh"}},
     {"ext (external):", "redis: all=Generated redis.mesh", "web: all=Generated web.mesh"}},
    {"every label must be there with that value",
     {{"a", {{"team", "db"}, {"tier", "1"}}},
      {"b", {{"team", "db"}}},
      {"c", {{"team", ""}}},
      {"d"}},
     {{"db", "{{ .Name }}.mesh", {{"team", "db"}, {"tier", "1"}}},
      {"empty", "{{ .Name }}.test", {{"team", ""}}}},
     {"a: db=Generated a.mesh", "b:", "c: empty=Generated c.test", "d:"}},
    {"the display name is the label's, the zone ours where no label says another",
     {{"redis-x9f", {{"kuma.io/display-name", "redis"}, {"kuma.io/zone", "west"}}}, {"web"}},
     {{"all", "{{ .DisplayName }}.{{ .Name }}.{{ .Zone }}.mesh"}},
     {"redis-x9f: all=Generated redis.redis-x9f.west.mesh",
      "web: all=Generated web.web.here.mesh"}},
    {"the oldest service keeps a contested name, one without a time counts as oldest",
     {{"a", {{"n", "x"}}, 2}, {"b", {{"n", "x"}}, 1}, {"c", {{"n", "y"}}, 1}, {"d", {{"n", "y"}}}},
     {{"all", "{{ label \"n\" }}.mesh"}},
     {"a: all=Collision x.mesh", "b: all=Generated x.mesh", "c: all=Collision y.mesh",
      "d: all=Generated y.mesh"}},
    {"among equally old services the name decides",
     {{"b", {{"n", "x"}}}, {"a", {{"n", "x"}}}},
     {{"all", "{{ label \"n\" }}.mesh"}},
     {"a: all=Generated x.mesh", "b: all=Collision x.mesh"}},
    {"an older generator's claim beats an older service's",
     {{"a", {{"n", "x"}}, 1}, {"b", {{"m", "x"}}, 2}},
     {{"young", "{{ label \"n\" }}.mesh", {{"n", "x"}}, 2},
      {"old", "{{ label \"m\" }}.mesh", {{"m", "x"}}, 1}},
     {"a: young=Collision x.mesh", "b: old=Generated x.mesh"}},
    {"a generator of the zone goes before an older one of another origin",
     {{"a", {{"n", "x"}}}, {"b", {{"m", "x"}}}},
     {{"global", "{{ label \"n\" }}.mesh", {{"n", "x"}}, 1, "global"},
      {"zone", "{{ label \"m\" }}.mesh", {{"m", "x"}}, 2}},
     {"a: global=Collision x.mesh", "b: zone=Generated x.mesh"}},
    {"kinds collide with each other",
     {{"redis"}, {"redis", {}, {}, Kind::MeshExternalService}},
     {{"a", "{{ .Name }}.mesh"},
      {"b", "{{ .Name }}.mesh", {}, {}, "zone", Kind::MeshExternalService}},
     {"redis (external): b=Collision redis.mesh", "redis: a=Generated redis.mesh"}},
    {"meshes don't",
     {{"redis"}, {"redis", {}, {}, Kind::MeshService, "other"}},
     {{"all", "{{ .Name }}.mesh"}},
     {"redis: all=Generated redis.mesh", "redis@other: all=Generated redis.mesh"}},
    {"a service doesn't collide with itself",
     {{"redis"}},
     {{"a", "{{ .Name }}.mesh"}, {"b", "{{ .Name }}.mesh"}},
     {"redis: a=Generated redis.mesh b=Generated redis.mesh"}},
    {"outcomes are sorted by generator, whatever the order of claims",
     {{"redis"}},
     {{"z", "{{ .Name }}.z.mesh", {}, 1}, {"a", "{{ .Name }}.a.mesh", {}, 2}},
     {"redis: a=Generated redis.a.mesh z=Generated redis.z.mesh"}},
    {"a template that fails takes no other name away",
     {{"a"}, {"b", {{"team", "db"}}}},
     {{"team", "{{ .Name }}.{{ label \"team\" }}.mesh"},
      {"plain", "{{ .Name }}.mesh"},
      {"broken", "{{ .Name"}},
     {"a: broken=TemplateError plain=Generated a.mesh team=TemplateError",
      "b: broken=TemplateError plain=Generated b.mesh team=Generated b.db.mesh"}},
    {"what is no hostname is an error of the template",
     {{"a_b"}, {"c"}},
     {{"all", "{{ .Name }}.mesh"}},
     {"a_b: all=TemplateError", "c: all=Generated c.mesh"}},
};

mesh::Resources resources(const Case& row) {
  mesh::Resources resources;
  for (const ServiceRow& s : row.services) resources.services.push_back(service(s));
  for (const GeneratorRow& g : row.generators) resources.generators.push_back(generator(g));
  return resources;
}

TEST(GeneratorTest, WhoGetsWhichName) {
  for (const Case& row : kCases) {
    const mesh::Resources all = resources(row);
    EXPECT_EQ(told(all, generate(all, "here")), row.expected) << row.why;
  }
}

TEST(GeneratorTest, TheOrderOfResourcesDoesNotMatter) {
  std::mt19937 random(1);
  for (const Case& row : kCases) {
    for (int i = 0; i < 20; ++i) {
      mesh::Resources all = resources(row);
      std::ranges::shuffle(all.services, random);
      std::ranges::shuffle(all.generators, random);
      EXPECT_EQ(told(all, generate(all, "here")), row.expected) << row.why;
    }
  }
}

TEST(GeneratorTest, TheLoserIsToldWhoWon) {
  mesh::Resources all;
  all.services = {service({"a", {{"n", "x"}}}), service({"b", {{"n", "x"}}})};
  all.generators = {generator({"all", "{{ label \"n\" }}.mesh"})};
  const Hostnames hostnames = generate(all, "here");
  EXPECT_EQ(hostnames.outcomes[1][0].message,
            "Hostname collision with MeshService a: it has x.mesh from HostnameGenerator all");
  ASSERT_EQ(hostnames.diagnostics.size(), 1u);
  EXPECT_EQ(hostnames.diagnostics[0].severity, mesh::Severity::Warning);
  EXPECT_EQ(hostnames.diagnostics[0].message,
            "MeshService b doesn't get x.mesh from HostnameGenerator all: MeshService a has it "
            "from HostnameGenerator all");
}

TEST(GeneratorTest, AFailureOfManyServicesIsToldOnce) {
  mesh::Resources all;
  for (const char* name : {"a", "b", "c"}) all.services.push_back(service({name}));
  all.generators = {generator({"team", "{{ label \"team\" }}.mesh"})};
  const Hostnames hostnames = generate(all, "here");
  ASSERT_EQ(hostnames.diagnostics.size(), 1u);
  EXPECT_EQ(hostnames.diagnostics[0].severity, mesh::Severity::Error);
  EXPECT_EQ(hostnames.diagnostics[0].path, "spec.template");
  EXPECT_EQ(
      hostnames.diagnostics[0].message,
      "MeshService a: label \"team\" is read, but the service has none (and 2 more services)");
}

TEST(GeneratorTest, Diagnostics) {
  const struct {
    const char* why;
    GeneratorRow generator;
    mesh::Severity severity;
    const char* message;  // a part of it
  } kRows[] = {
      {"a template that doesn't compile", {"g", "{{ .Nope }}"}, mesh::Severity::Error, "offset 3"},
      {"a name that is none", {"g", "A.mesh"}, mesh::Severity::Error, "upper-case"},
      {"a public name", {"g", "{{ .Name }}.google.com"}, mesh::Severity::Warning, "Internet"},
      {"nothing selected",
       {"g", "{{ .Name }}.mesh", {{"no", "thing"}}},
       mesh::Severity::Notice,
       "selects no MeshService"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    mesh::Resources all;
    all.services = {service({"a"})};
    all.generators = {generator(row.generator)};
    const Hostnames hostnames = generate(all, "here");
    ASSERT_EQ(hostnames.diagnostics.size(), 1u);
    EXPECT_EQ(hostnames.diagnostics[0].severity, row.severity);
    EXPECT_NE(hostnames.diagnostics[0].message.find(row.message), std::string::npos)
        << hostnames.diagnostics[0].message;
  }
}

TEST(GeneratorTest, TheZoneOfATemplate) {
  const struct {
    const char* text;
    const char* zone;
  } kRows[] = {
      {"{{ .Name }}.svc.mesh.local", "svc.mesh.local"},
      {"{{ .Name }}-x.mesh", "mesh"},
      {"{{ .Name }}", ""},
      {"{{ .Name }}.{{ .Zone }}", ""},
      {"redis.mesh", ""},
      {"{{ .Name }}.Mesh", ""},
  };
  for (const auto& row : kRows) {
    mesh::Resources all;
    all.generators = {generator({"g", row.text})};
    EXPECT_EQ(generate(all, "here").generators[0].zone, row.zone) << row.text;
  }
}

TEST(GeneratorTest, DefaultsAreKumas) {
  const auto names = [](std::string_view env) {
    std::vector<std::string> sorted;
    for (const auto& g : default_generators(env)) sorted.push_back(g->meta.name);
    std::ranges::sort(sorted);
    return sorted;
  };
  EXPECT_EQ(
      names("universal"),
      (std::vector<std::string>{"local-mesh-external-service", "local-universal-mesh-service",
                                "synced-headless-kube-mesh-service", "synced-kube-mesh-service",
                                "synced-mesh-external-service", "synced-mesh-multi-zone-service",
                                "synced-universal-mesh-service"}));
  const auto kubernetes = names("kubernetes");
  EXPECT_EQ(std::ranges::count(kubernetes, "local-universal-mesh-service"), 0);
  EXPECT_EQ(kubernetes.size(), 6u);
}

TEST(GeneratorTest, DefaultsNameServicesOfTheZoneAndOfOthers) {
  const auto kube = [](const char* headless) {
    return mesh::Labels{{"kuma.io/origin", "global"},
                        {"kuma.io/env", "kubernetes"},
                        {"kuma.io/zone", "west"},
                        {"k8s.kuma.io/namespace", "db"},
                        {"k8s.kuma.io/service-name", "redis"},
                        {"statefulset.kubernetes.io/pod-name", "redis-0"},
                        {"k8s.kuma.io/is-headless-service", headless}};
  };
  const struct {
    const char* why;
    ServiceRow service;
    const char* hostname;
  } kRows[] = {
      {"a service of ours", {"redis"}, "redis.svc.mesh.local"},
      {"one of a universal zone",
       {"redis",
        {{"kuma.io/origin", "global"}, {"kuma.io/env", "universal"}, {"kuma.io/zone", "west"}}},
       "redis.svc.west.mesh.local"},
      {"one of a Kubernetes zone", {"redis", kube("false")}, "redis.db.svc.west.mesh.local"},
      {"a pod of a headless one", {"x", kube("true")}, "redis-0.redis.db.svc.west.mesh.local"},
      {"an external service",
       {"ext", {{"kuma.io/origin", "zone"}}, {}, Kind::MeshExternalService},
       "ext.extsvc.mesh.local"},
      {"an external service from global",
       {"ext", {{"kuma.io/origin", "global"}}, {}, Kind::MeshExternalService},
       "ext.extsvc.mesh.local"},
      {"a service of several zones",
       {"multi", {{"kuma.io/origin", "global"}}, {}, Kind::MeshMultiZoneService},
       "multi.mzsvc.mesh.local"},
  };
  for (const auto& row : kRows) {
    mesh::Resources all;
    all.services = {service(row.service)};
    all.generators = default_generators("universal");
    const Hostnames hostnames = generate(all, "here");
    ASSERT_EQ(hostnames.outcomes[0].size(), 1u) << row.why;
    EXPECT_EQ(hostnames.outcomes[0][0].hostname, row.hostname) << row.why;
  }
}

TEST(GeneratorTest, AGivenGeneratorReplacesTheDefaultOfItsName) {
  const auto all =
      with_defaults({generator({"local-universal-mesh-service", "x.mesh"})}, "universal");
  EXPECT_EQ(all.size(), 7u);
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& g) { return g->built_in; }), 6);
}

}  // namespace
}  // namespace hostname
