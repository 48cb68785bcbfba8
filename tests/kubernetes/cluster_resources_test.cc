#include "kubernetes/cluster_resources.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <random>

#include "kubernetes/decode.h"
#include "kubernetes/same.h"

namespace kubernetes {
namespace {

using config::FromServices;
using mesh::Severity;

const mesh::Locality kLocality{"west", "default", "kubernetes"};
const config::LoaderSettings kSettings{kLocality, {}, config::UnknownFields::Warn};

std::string text_of(const ResourceChanges& changes) {
  std::string text;
  const auto add = [&](const std::string& name, bool before, bool after) {
    text += (before && after ? '~' : after ? '+' : '-') + name + '\n';
  };
  for (const auto& changed : changes.resources.services) {
    add(to_string(changed.either().id()), changed.before != nullptr, changed.after != nullptr);
  }
  for (const auto& changed : changes.resources.generators) {
    add("HostnameGenerator " + changed.either().meta.core_name(), changed.before != nullptr,
        changed.after != nullptr);
  }
  for (const auto& diagnostic : changes.diagnostics.removed)
    text += '-' + to_string(diagnostic) + '\n';
  for (const auto& diagnostic : changes.diagnostics.added)
    text += '+' + to_string(diagnostic) + '\n';
  return text;
}

Service service_of(const std::string& ip, const mesh::Labels& labels = {{"kuma.io/mesh", ""}}) {
  Service service;
  service.labels = labels;
  service.headless = ip == "None";
  if (const auto parsed = mesh::Ip::parse(ip)) service.cluster_ips.push_back(*parsed);
  service.ports.push_back({"http", "TCP", "", 80, std::uint16_t{8080}});
  return service;
}

EndpointSlice slice_of(const std::string& service, const std::vector<std::string>& pods,
                       const std::string& address = "10.1.0.1") {
  EndpointSlice slice;
  slice.service = service;
  for (const std::string& pod : pods) {
    slice.endpoints.push_back({{"ns", pod}, "", {*mesh::Ip::parse(address)}});
  }
  return slice;
}

// A custom resource as the API server sends it.
std::optional<CustomResource> custom(const CustomId& id, const std::string& rest,
                                     const CustomResource* before = nullptr,
                                     const std::string& labels = "") {
  auto object =
      boost::json::parse(R"({"metadata":{"name":")" + id.key.name + R"(","namespace":")" +
                         id.key.name_space + R"(","labels":{)" + labels + "}}," + rest + '}')
          .get_object();
  return decode_custom_resource(id, object, before, kSettings);
}

const std::string kWritten = R"("spec":{"ports":[{"port":80}]})";
const std::string kByController =
    R"("kuma.io/managed-by":"k8s-controller","kuma.io/origin":"zone",)"
    R"("k8s.kuma.io/service-name":"web")";

// What one edit of a small cluster changes, and nothing besides.
class ClusterResourcesTest : public testing::Test {
 protected:
  ClusterResourcesTest() {
    resources_.set({"", "ns"}, Namespace{});
    resources_.set({"", "elsewhere"}, Namespace{});
    for (const char* name : {"api", "web"}) resources_.set({"ns", name}, service_of("10.96.0.1"));
    resources_.set({"ns", "db"}, service_of("None"));
    resources_.set({"elsewhere", "web"}, service_of("10.96.0.2"));
    resources_.set({"ns", "db-1"}, slice_of("db", {"db-0"}));
    resources_.set({"ns", "db-2"}, slice_of("db", {"db-1"}));
    resources_.set({"ns", "web-1"}, slice_of("web", {"web-x"}));
    resources_.take_changes();
  }
  std::string changes() { return text_of(resources_.take_changes()); }
  std::string pod(const std::string& name) { return headless_name(name, {"ns", "db"}); }

  ClusterResources resources_{FromServices::Labelled, kLocality};
};

TEST_F(ClusterResourcesTest, WhatAnEditChanges) {
  const std::string db0 = "MeshService " + pod("db-0") + ".ns\n";
  const std::string db1 = "MeshService " + pod("db-1") + ".ns\n";
  const std::string db2 = "MeshService " + pod("db-2") + ".ns\n";
  const struct {
    const char* why;
    std::function<void(ClusterResources&)> edit;
    std::string changes;
  } kCases[] = {
      {"the same Service again",
       [](auto& r) {
         r.set({"ns", "web"}, service_of("10.96.0.1"));
       },
       ""},
      {"a Service",
       [](auto& r) {
         r.set({"ns", "web"}, service_of("10.96.0.9"));
       },
       "~MeshService web.ns\n"},
      {"a Service that changes and changes back",
       [](auto& r) {
         r.set({"ns", "web"}, service_of("10.96.0.1"));
         r.set({"ns", "web"}, service_of("10.96.0.9"));
       },
       ""},
      {"one slice of a headless Service touches its pod alone",
       [](auto& r) {
         r.set({"ns", "db-2"}, slice_of("db", {"db-1"}, "10.1.0.9"));
       },
       "~" + db1},
      {"a pod comes",
       [](auto& r) {
         r.set({"ns", "db-2"}, slice_of("db", {"db-1", "db-2"}));
       },
       "~" + db1 + "+" + db2},
      {"a slice passes to another Service, which has no use for it",
       [](auto& r) {
         r.set({"ns", "db-2"}, slice_of("web", {"db-1"}));
       },
       "-" + db1 + "-" + db2},
      {"labels of a pod",
       [](auto& r) {
         r.set({"ns", "db-0"}, Pod{"", false, "db-0", "0"});
       },
       "~" + db0},
      {"a gateway behind a Service",
       [](auto& r) {
         r.set({"ns", "web-x"}, Pod{"", true, "", ""});
       },
       "-MeshService web.ns\n"},
      {"a pod that no slice names",
       [](auto& r) {
         r.set({"ns", "other"}, Pod{"", true, "", ""});
       },
       ""},
      {"a Namespace touches its own Services",
       [](auto& r) {
         r.set({"", "elsewhere"}, std::optional<Namespace>());
       },
       "-MeshService web.elsewhere\n"},
      {"a Mesh that isn't there",
       [](auto& r) {
         r.set({"", "other"}, Mesh());
         r.set_meshes_known(true);
       },
       "-MeshService api.ns\n-" + db0 +
           "+Service ns/api: warning: no MeshService is generated: unknown Mesh \"default\"\n"
           "+Service ns/db: warning: no MeshService is generated: unknown Mesh \"default\"\n"
           "+Service ns/web: warning: no MeshService is generated: unknown Mesh \"default\"\n"},
      {"a Mesh that comes",
       [](auto& r) {
         r.set({"", "default"}, Mesh());
       },
       "+MeshService api.ns\n+" + db0 +
           "-Service ns/api: warning: no MeshService is generated: unknown Mesh \"default\"\n"
           "-Service ns/db: warning: no MeshService is generated: unknown Mesh \"default\"\n"
           "-Service ns/web: warning: no MeshService is generated: unknown Mesh \"default\"\n"},
      {"a MeshService that a person wrote",
       [](auto& r) {
         const CustomId id{CustomKind::MeshService, {"ns", "api"}};
         r.set(id, custom(id, kWritten));
       },
       "~MeshService api.ns\n"
       "+Service ns/api: warning: no MeshService is generated: MeshService api.ns was written by "
       "hand\n"},
      {"and is deleted",
       [](auto& r) {
         r.set({CustomKind::MeshService, {"ns", "api"}}, std::optional<CustomResource>());
       },
       "~MeshService api.ns\n"
       "-Service ns/api: warning: no MeshService is generated: MeshService api.ns was written by "
       "hand\n"},
      {"one that Kuma's control plane generated gives way",
       [](auto& r) {
         const CustomId id{CustomKind::MeshService, {"ns", "api"}};
         r.set(id, custom(id, kWritten, nullptr,
                          R"("kuma.io/managed-by":"k8s-controller","kuma.io/origin":"zone",)"
                          R"("k8s.kuma.io/service-name":"api")"));
       },
       ""},
      {"and is served where the Service isn't followed",
       [](auto& r) {
         r.set({"ns", "api"}, std::optional<Service>());
       },
       "~MeshService api.ns\n"},
      {"a generator",
       [](auto& r) {
         const CustomId id{CustomKind::HostnameGenerator, {"ns", "all"}};
         r.set(id, custom(id, R"("spec":{"selector":{"meshService":{}},"template":"x.mesh"})"));
       },
       "+HostnameGenerator all.ns\n"},
      {"two that are generated for one name: the first Service by name has it",
       [&](auto& r) {
         r.set({"ns", headless_name("db-0", {"ns", "db"})}, service_of("10.96.0.3"));
       },
       "+Service ns/" + pod("db-0") + ": warning: no MeshService is generated: " +
           db0.substr(0, db0.size() - 1) + " is generated from Service ns/db\n"},
  };
  for (const auto& row : kCases) {
    row.edit(resources_);
    EXPECT_EQ(changes(), row.changes) << row.why;
    EXPECT_EQ(changes(), "") << row.why << ", once more";
  }
}

// One MeshService of 1,000 pods is generated again, and 999 come out as before.
TEST_F(ClusterResourcesTest, WhatComesOutAsBeforeKeepsItsPointer) {
  const auto before = resources_.snapshot().resources.services;
  resources_.set({"ns", "db-2"}, slice_of("db", {"db-1", "db-2"}, "10.1.0.1"));
  resources_.take_changes();
  const auto after = resources_.snapshot().resources.services;
  for (const auto& service : before) {
    EXPECT_EQ(std::ranges::count(after, service), 1) << to_string(service->id());
  }
}

TEST(CustomResourceTest, WhatIsKept) {
  const CustomId id{CustomKind::MeshService, {"ns", "web"}};
  const auto first = custom(id, kWritten);
  ASSERT_TRUE(first && first->service);
  const auto kept = [&](const std::string& rest) { return custom(id, rest, &*first)->service; };
  EXPECT_EQ(kept(kWritten), first->service) << "the same text";
  EXPECT_EQ(kept(kWritten + R"(,"status":{"addresses":[{"hostname":"web.mesh"}]})"), first->service)
      << "of a status only VIPs count";
  EXPECT_NE(kept(kWritten + R"(,"status":{"vips":[{"ip":"241.0.0.1"}]})"), first->service);
  EXPECT_NE(kept(R"("spec":{"ports":[{"port":81}]})"), first->service);
  EXPECT_EQ(kept(R"("spec":{"ports":[{"port":0}]})"), first->service) << "its last good version";
  EXPECT_TRUE(
      mesh::has_errors(custom(id, R"("spec":{"ports":[{"port":0}]})", &*first)->diagnostics));
}

TEST(CustomResourceTest, WhoseNameWouldBeAmbiguousIsIgnored) {
  for (const char* name_space : {"", "a.b"}) {
    EXPECT_FALSE(custom({CustomKind::MeshService, {name_space, "web"}}, kWritten)) << name_space;
  }
}

// Random edits, and beside them the maps that the specification reads.
class Model {
 public:
  Model(FromServices from, unsigned seed)
      : from_(from), resources_(from, kLocality), random_(seed) {}

  void edit();
  // Takes the changes and compares all that can be compared.
  void check();

 private:
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <std::size_t N>
  std::string one_of(const std::array<const char*, N>& texts) {
    return texts[below(N)];
  }
  std::string name_space() { return one_of(std::array{"ns", "ns2", "a"}); }
  std::string name();
  std::string pod() { return one_of(std::array{"p-0", "p-1", "p-2", "p-3"}); }
  std::string uid() { return one_of(std::array{"", "u1", "u2"}); }
  mesh::Ip address() { return *mesh::Ip::parse("10.1.0." + std::to_string(below(4))); }
  Service service();
  EndpointSlice slice(const std::string& in);
  std::optional<CustomResource> document(const CustomId& id, const CustomResource* before);
  void edit_custom();

  // Sets the value in both, or removes it now and then.
  template <typename T>
  void set(const Key& key, std::map<Key, T>& known, T value, std::size_t removed = 4) {
    if (one_in(removed)) {
      known.erase(key);
      resources_.set(key, std::optional<T>());
    } else {
      known.insert_or_assign(key, value);
      resources_.set(key, std::optional<T>(std::move(value)));
    }
  }

  const FromServices from_;
  ClusterResources resources_;
  Cluster cluster_;
  CustomResources given_;
  mesh::Resources taken_;
  mesh::DiagnosticSet diagnostics_;
  std::mt19937 random_;
};

// Among them those that a pod of "db" and of "web" leads to.
std::string Model::name() {
  if (!one_in(5)) return one_of(std::array{"web", "db", "api", "x"});
  return headless_name(pod(), {name_space(), one_of(std::array{"db", "web"})});
}

Service Model::service() {
  Service service;
  if (!one_in(4)) service.labels.set("kuma.io/mesh", one_of(std::array{"", "default", "blue"}));
  if (one_in(8)) service.labels.set("app", std::to_string(below(3)));
  if (one_in(10)) service.ignore = one_of(std::array{"true", "false"});
  service.gateway = one_in(15);
  service.external_name = one_in(15);
  service.headless = one_in(3);
  if (!service.headless && !one_in(6)) service.cluster_ips.push_back(address());
  if (one_in(2)) service.selector.set("app", "a");
  service.ports.push_back({"", one_of(std::array{"TCP", "TCP", "UDP", "SCTP"}), "", 80, "http"});
  if (one_in(5)) service.creation_time = 5;
  return service;
}

EndpointSlice Model::slice(const std::string& in) {
  EndpointSlice slice;
  slice.service = name();
  for (std::size_t i = 0, count = below(4); i < count; ++i) {
    slice.endpoints.push_back({{in, pod()}, uid(), {address()}});
  }
  return slice;
}

std::optional<CustomResource> Model::document(const CustomId& id, const CustomResource* before) {
  std::string labels = R"("team":")" + std::to_string(below(2)) + '"';
  if (one_in(3)) labels += R"(,"kuma.io/mesh":"blue")";
  if (one_in(2)) labels += R"(,"kuma.io/managed-by":"k8s-controller")";
  if (one_in(2)) labels += R"(,"kuma.io/origin":"zone")";
  if (one_in(2)) labels += R"(,"k8s.kuma.io/service-name":")" + name() + '"';
  // Good, broken, or with a field that is unknown.
  const std::string port = one_of(std::array{"80", "81", "0", "\"x\""});
  std::string spec = R"("spec":{"ports":[{"port":)" + port + "}]}";
  if (id.kind == CustomKind::HostnameGenerator) {
    spec = R"("spec":{"selector":{"meshService":{}},"template":")" +
           one_of(std::array{"a.mesh", "b.mesh", "", "{{ .Name }}.mesh"}) + "\"}";
  } else if (id.kind == CustomKind::MeshExternalService) {
    spec = R"("spec":{"match":{"port":)" + port + "}}";
  } else if (id.kind == CustomKind::MeshMultiZoneService) {
    spec = R"("spec":{"selector":{"meshService":{"matchLabels":{"a":"b"}}},"ports":[{"port":)" +
           port + "}]}";
  }
  if (one_in(6)) spec.insert(spec.size() - 1, R"(,"unheardOf":1)");
  return custom(id, spec, before, labels);
}

// What is broken keeps its last good version: here by a rule of one line and without any pointer.
void Model::edit_custom() {
  const auto kind = static_cast<CustomKind>(below(kDocumentKinds));
  const CustomId id{kind, {name_space(), name()}};
  auto& expected = given_[static_cast<std::size_t>(kind)];
  const auto& known = resources_.custom_resources()[static_cast<std::size_t>(kind)];
  if (one_in(4)) {
    expected.erase(id.key);
    resources_.set(id, std::optional<CustomResource>());
    return;
  }
  const auto before = known.find(id.key);
  const auto state = random_;
  auto now = document(id, nullptr);
  random_ = state;
  resources_.set(id, document(id, before == known.end() ? nullptr : &before->second));
  if (mesh::has_errors(now->diagnostics)) {
    now->service = expected[id.key].service;
    now->generator = expected[id.key].generator;
  }
  expected.insert_or_assign(id.key, std::move(*now));
}

void Model::edit() {
  const std::string in = name_space();
  const std::size_t what = below(100);
  if (what < 25) {
    set({in, name()}, cluster_.services, service());
  } else if (what < 50) {
    set({in, one_of(std::array{"s0", "s1", "s2", "s3", "s4", "s5"})}, cluster_.slices, slice(in));
  } else if (what < 60) {
    set({in, pod()}, cluster_.pods,
        Pod{uid(), one_in(6), one_in(2) ? "n" : "", one_in(2) ? "0" : ""});
  } else if (what < 66) {
    set({"", in}, cluster_.namespaces,
        Namespace{one_of(std::array{"", "default", "blue"}), one_in(2)}, 6);
  } else if (what < 70) {
    set({"", one_of(std::array{"default", "blue"})}, cluster_.meshes, Mesh());
  } else if (what < 72) {
    cluster_.meshes_known = one_in(2);
    resources_.set_meshes_known(cluster_.meshes_known);
  } else if (what < 73) {
    // A definition goes, and all of its resources.
    const std::size_t kind = below(kDocumentKinds);
    given_[kind].clear();
    while (!resources_.custom_resources()[kind].empty()) {
      const Key key = resources_.custom_resources()[kind].begin()->first;
      resources_.set({static_cast<CustomKind>(kind), key}, std::optional<CustomResource>());
    }
  } else {
    edit_custom();
  }
}

template <typename T>
void expect_same(const std::vector<std::shared_ptr<const T>>& a,
                 const std::vector<std::shared_ptr<const T>>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_TRUE(same(a[i], b[i])) << a[i]->meta.core_name() << ", " << b[i]->meta.core_name();
  }
}

void Model::check() {
  ResourceChanges changes = resources_.take_changes();
  for (const auto& changed : changes.resources.services) {
    ASSERT_FALSE(same(changed.before, changed.after)) << to_string(changed.either().id());
  }
  for (const auto& changed : changes.resources.generators) {
    ASSERT_FALSE(same(changed.before, changed.after)) << changed.either().meta.core_name();
  }
  taken_ = mesh::applied(std::move(taken_), changes.resources);
  const mesh::DiagnosticChanges diagnostics = changes.diagnostics;
  diagnostics_.apply(changes.diagnostics);
  ASSERT_TRUE(same(diagnostics.added, changes.diagnostics.added)) << "what was there is no change";
  const Snapshot state = resources_.snapshot();
  ASSERT_EQ(taken_.services, state.resources.services);
  ASSERT_EQ(taken_.generators, state.resources.generators);
  const Snapshot full = snapshot_of(cluster_, given_, from_, kLocality);
  expect_same(state.resources.services, full.resources.services);
  expect_same(state.resources.generators, full.resources.generators);
  ASSERT_TRUE(same(state.diagnostics, full.diagnostics));
  ASSERT_TRUE(same(diagnostics_.first(), full.diagnostics));
}

void compare(FromServices from, unsigned seed, int edits) {
  Model model(from, seed);
  std::mt19937 random(seed);
  for (int i = 0; i < edits; ++i) {
    model.edit();
    if (random() % 3 == 0) continue;  // several edits at once
    model.check();
    if (testing::Test::HasFatalFailure()) FAIL() << "edit " << i << " of seed " << seed;
  }
}

TEST(ClusterResourcesModelTest, EqualsTheSpecificationAfterEachOfManyEdits) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    compare(FromServices::Labelled, seed, 4'000);
    compare(FromServices::Injected, seed, 2'000);
  }
}

}  // namespace
}  // namespace kubernetes
