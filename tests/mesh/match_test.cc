#include "mesh/match.h"

#include <gtest/gtest.h>

namespace mesh {
namespace {

Inbound inbound(std::uint16_t port, std::string name, Labels tags = {},
                Inbound::State state = Inbound::State::Ready) {
  return {port, std::move(name), "", state, std::move(tags)};
}

std::shared_ptr<const Dataplane> dataplane(const char* name, std::vector<Inbound> inbounds,
                                           Labels labels = {}, const char* mesh = "default") {
  auto dataplane = std::make_shared<Dataplane>();
  dataplane->meta.mesh = mesh;
  dataplane->meta.name = name;
  dataplane->meta.labels = std::move(labels);
  dataplane->inbounds = std::move(inbounds);
  return dataplane;
}

// A MeshService with the port 80 that goes to 8080.
Service service(Selector selector) {
  Service service;
  service.meta.mesh = "default";
  service.meta.name = "web";
  service.selector = std::move(selector);
  service.ports = {{80, "http", std::uint16_t{8080}}};
  return service;
}

using By = Selector::By;

TEST(MatchTest, WhomASelectorSelects) {
  const auto web1 = dataplane("web-1",
                              {inbound(8080, "http", {{"app", "web"}, {"v", "1"}}),
                               inbound(9090, "metrics", {{"app", "metrics"}})},
                              {{"team", "shop"}});
  const struct {
    const char* why;
    Selector selector;
    bool selected;
  } kCases[] = {
      {"none given: matches nothing", {}, false},
      {"the tags of one inbound", {By::DataplaneTags, "", {{"app", "web"}, {"v", "1"}}}, true},
      {"not those of two", {By::DataplaneTags, "", {{"app", "metrics"}, {"v", "1"}}}, false},
      {"labels", {By::DataplaneLabels, "", {{"team", "shop"}}}, true},
      {"tags are no labels", {By::DataplaneLabels, "", {{"app", "web"}}}, false},
      {"no matchLabels: every Dataplane of the mesh", {By::DataplaneLabels, "", {}}, true},
      {"a name", {By::DataplaneRef, "web-1", {}}, true},
      {"another name", {By::DataplaneRef, "web", {}}, false},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(selects(service(row.selector), *web1), row.selected) << row.why;
  }
}

TEST(MatchTest, AnotherMeshIsNeverSelected) {
  const auto other = dataplane("web-1", {inbound(8080, "http", {{"app", "web"}})}, {}, "other");
  EXPECT_FALSE(selects(service({By::DataplaneTags, "", {{"app", "web"}}}), *other));
  EXPECT_FALSE(selects(service({By::DataplaneLabels, "", {}}), *other));
}

TEST(MatchTest, IgnoredInboundsDontCount) {
  const auto ignored =
      dataplane("web-1", {inbound(8080, "http", {{"app", "web"}}, Inbound::State::Ignored)});
  EXPECT_FALSE(selects(service({By::DataplaneTags, "", {{"app", "web"}}}), *ignored));
}

TEST(MatchTest, TargetIsANumberOrAName) {
  EXPECT_TRUE(is_target({80, "http", std::uint16_t{8080}}, inbound(8080, "x")));
  EXPECT_FALSE(is_target({8080, "http", std::uint16_t{80}}, inbound(8080, "http")));
  EXPECT_TRUE(is_target({80, "http", std::string("main")}, inbound(8080, "main")));
  EXPECT_FALSE(is_target({80, "main", std::string("other")}, inbound(8080, "main")));
}

Resources resources(Service service, std::vector<std::shared_ptr<const Dataplane>> dataplanes) {
  Resources resources;
  resources.services = {std::make_shared<const Service>(std::move(service))};
  resources.dataplanes = std::move(dataplanes);
  return resources;
}

TEST(CountProxiesTest, HealthyNeedsAReadyInboundBehindEveryPort) {
  Service web = service({By::DataplaneTags, "", {{"app", "web"}}});
  web.ports.push_back({443, "https", std::string("tls")});
  const Labels tags = {{"app", "web"}};
  Diagnostics diagnostics;
  const auto counts = count_proxies(
      resources(web,
                {dataplane("both", {inbound(8080, "http", tags), inbound(8443, "tls", tags)}),
                 dataplane("one", {inbound(8080, "http", tags)}),
                 dataplane("not-ready", {inbound(8080, "http", tags),
                                         inbound(8443, "tls", tags, Inbound::State::NotReady)}),
                 dataplane("other", {inbound(8080, "http", {{"app", "api"}})})}),
      diagnostics);
  EXPECT_EQ(counts, (std::vector<Proxies>{{3, 1}}));
  EXPECT_TRUE(diagnostics.empty());
}

TEST(CountProxiesTest, WithoutPortsEverySelectedOneIsHealthy) {
  Service web = service({By::DataplaneLabels, "", {}});
  web.ports.clear();
  Diagnostics diagnostics;
  EXPECT_EQ(count_proxies(resources(web, {dataplane("a", {inbound(1, "1")}), dataplane("b", {})}),
                          diagnostics),
            (std::vector<Proxies>{{1, 1}}))
      << "one without inbounds is not counted";
}

TEST(CountProxiesTest, OtherKindsHaveNone) {
  Service external = service({By::DataplaneLabels, "", {}});
  external.kind = Kind::MeshExternalService;
  Diagnostics diagnostics;
  EXPECT_EQ(count_proxies(resources(external, {dataplane("a", {inbound(1, "1")})}), diagnostics),
            (std::vector<Proxies>{{0, 0}}));
}

TEST(CountProxiesTest, ATargetPortThatNoDataplaneHasIsAWarningWithThoseThereAre) {
  Service web = service({By::DataplaneTags, "", {{"app", "web"}}});
  web.ports = {{80, "http", std::string("htpp")}};
  const auto one = dataplane("a", {inbound(8080, "http", {{"app", "web"}})});
  Diagnostics diagnostics;
  count_proxies(resources(web, {one}), diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].severity, Severity::Warning);
  EXPECT_EQ(diagnostics[0].path, "spec.ports[0].targetPort");
  EXPECT_NE(diagnostics[0].message.find("\"htpp\""), std::string::npos);
  EXPECT_NE(diagnostics[0].message.find("\"http\""), std::string::npos);
  diagnostics.clear();
  count_proxies(resources(web, {}), diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << "without Dataplanes nothing can be said";
}

// The index must find what a look at every pair finds.
TEST(CountProxiesTest, EqualsALookAtEveryPair) {
  Resources all;
  for (unsigned i = 0; i < 60; ++i) {
    const std::string digit = std::to_string(i % 5);
    all.dataplanes.push_back(
        dataplane(("dp-" + std::to_string(i)).c_str(),
                  {inbound(8080, "http", {{"a", digit}, {"b", std::to_string(i % 3)}}),
                   inbound(9090, "m", {{"b", digit}})},
                  {{"l", digit}, {"k", "x"}}, i % 7 == 0 ? "other" : "default"));
    for (const auto& selector :
         {Selector{By::DataplaneTags, "", {{"a", digit}, {"b", std::to_string(i % 3)}}},
          Selector{By::DataplaneTags, "", {{"b", digit}}},
          Selector{By::DataplaneLabels, "", {{"l", digit}, {"k", "x"}}},
          Selector{By::DataplaneLabels, "", {}}, Selector{By::DataplaneRef, "dp-" + digit, {}},
          Selector{}}) {
      all.services.push_back(std::make_shared<const Service>(service(selector)));
    }
  }
  Diagnostics diagnostics;
  const auto counts = count_proxies(all, diagnostics);
  for (std::size_t i = 0; i < all.services.size(); ++i) {
    std::uint32_t total = 0;
    for (const auto& dataplane : all.dataplanes) {
      total += selects(*all.services[i], *dataplane) ? 1u : 0u;
    }
    ASSERT_EQ(counts[i].total, total) << i;
  }
}

}  // namespace
}  // namespace mesh
