#include "mesh/from_dataplanes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/mesh/random_resources.h"

namespace mesh {
namespace {

struct Made {
  std::vector<std::string> services;  // "orders: 8080/http=http" a line
  Diagnostics diagnostics;
};

std::shared_ptr<const Dataplane> dataplane(const char* name, std::vector<Inbound> inbounds,
                                           Labels labels = {},
                                           std::optional<std::int64_t> created = {}) {
  auto dataplane = std::make_shared<Dataplane>();
  dataplane->meta.mesh = "default";
  dataplane->meta.name = name;
  dataplane->meta.labels = std::move(labels);
  dataplane->meta.creation_time = created;
  dataplane->inbounds = std::move(inbounds);
  return dataplane;
}

Inbound tagged(std::uint16_t port, const char* name, const char* service,
               const char* protocol = "") {
  Labels tags = {{"kuma.io/service", service}};
  if (*protocol != '\0') tags.set("kuma.io/protocol", protocol);
  return {port, name, "", Inbound::State::Ready, tags};
}

std::string line(const Service& service) {
  std::string text = service.meta.name + ':';
  for (const Port& port : service.ports) {
    text += ' ' + std::to_string(port.port) + '/' + port.name + '=' + port.app_protocol;
  }
  return text;
}

Made make(std::vector<std::shared_ptr<const Dataplane>> dataplanes,
          std::vector<std::string> given = {}) {
  Resources resources;
  for (const std::string& name : given) {
    auto service = std::make_shared<Service>();
    service->meta.mesh = "default";
    service->meta.name = name;
    resources.services.push_back(service);
  }
  resources.dataplanes = std::move(dataplanes);
  Generated generated = services_from_dataplanes(resources, {"east", "default", "universal"});
  Made made;
  for (const auto& service : generated.services) made.services.push_back(line(*service));
  made.diagnostics = std::move(generated.diagnostics);
  return made;
}

using Lines = std::vector<std::string>;
const Labels kBilling = {{"kuma.io/workload", "billing"}};

TEST(FromDataplanesTest, Rules) {
  const struct {
    const char* why;
    std::vector<std::shared_ptr<const Dataplane>> dataplanes;
    Lines given;
    Lines services;
    std::size_t diagnostics;
  } kCases[] = {
      {"none, none", {}, {}, {}, 0},
      {"2.x: a tag of an inbound",
       {dataplane("a", {tagged(80, "web", "orders", "http")})},
       {},
       {"orders: 80/web=http"},
       0},
      {"no protocol is tcp",
       {dataplane("a", {tagged(80, "web", "orders")})},
       {},
       {"orders: 80/web=tcp"},
       0},
      {"two services of one Dataplane",
       {dataplane("a", {tagged(80, "web", "orders"), tagged(81, "adm", "admin")})},
       {},
       {"admin: 81/adm=tcp", "orders: 80/web=tcp"},
       0},
      {"several Dataplanes that agree are one service",
       {dataplane("a", {tagged(80, "web", "orders")}),
        dataplane("b", {tagged(80, "web", "orders")})},
       {},
       {"orders: 80/web=tcp"},
       0},
      {"3.x: a label, and all inbounds",
       {dataplane("a", {{80, "api", "http2", {}, {}}, {90, "90", "", {}, {}}}, kBilling)},
       {},
       {"billing: 80/api=http2 90/90=tcp"},
       0},
      {"the label wins over the tags",
       {dataplane("a", {tagged(80, "web", "orders")}, kBilling)},
       {},
       {"billing: 80/web=tcp"},
       0},
      {"an inbound without the tag makes nothing",
       {dataplane("a", {{80, "80", "", {}, {}}})},
       {},
       {},
       0},
      {"no inbounds, no service", {dataplane("a", {}, kBilling)}, {}, {}, 0},
      {"a service that is given wins",
       {dataplane("a", {tagged(80, "web", "orders")})},
       {"orders"},
       {},
       0},
      {"a name that no service can have",
       {dataplane("a", {tagged(80, "web", "Orders_1")})},
       {},
       {},
       1},
      {"one that begins with a digit", {dataplane("a", {tagged(80, "web", "1st")})}, {}, {}, 1},
      {"Dataplanes of another zone make nothing",
       {dataplane("a", {tagged(80, "web", "orders")}, {{"kuma.io/origin", "global"}})},
       {},
       {},
       0},
      {"two inbounds with one number: the second is left out",
       {dataplane("a", {tagged(80, "web", "orders"), tagged(80, "other", "orders")})},
       {},
       {"orders: 80/web=tcp"},
       1},
      {"where they disagree the oldest decides",
       {dataplane("a", {tagged(81, "web", "orders")}, {}, 200),
        dataplane("b", {tagged(80, "web", "orders")}, {}, 100)},
       {},
       {"orders: 80/web=tcp"},
       1},
      {"one without a creation time counts as oldest",
       {dataplane("a", {tagged(81, "web", "orders")}, {}, 200),
        dataplane("b", {tagged(80, "web", "orders")})},
       {},
       {"orders: 80/web=tcp"},
       1},
      {"equally old: by name",
       {dataplane("b", {tagged(81, "web", "orders")}),
        dataplane("a", {tagged(80, "web", "orders")})},
       {},
       {"orders: 80/web=tcp"},
       1},
  };
  for (const auto& row : kCases) {
    const Made made = make(row.dataplanes, row.given);
    EXPECT_EQ(made.services, row.services) << row.why;
    EXPECT_EQ(made.diagnostics.size(), row.diagnostics) << row.why;
  }
}

TEST(FromDataplanesTest, ADisagreementNamesBoth) {
  const Made made = make({dataplane("old", {tagged(80, "web", "orders")}, {}, 1),
                          dataplane("new", {tagged(81, "web", "orders")}, {}, 2)});
  ASSERT_EQ(made.diagnostics.size(), 1u);
  EXPECT_NE(made.diagnostics[0].message.find("\"old\""), std::string::npos);
  EXPECT_NE(made.diagnostics[0].message.find("\"new\""), std::string::npos);
}

TEST(FromDataplanesTest, TheOrderOfTheFilesDoesNotMatter) {
  std::vector<std::shared_ptr<const Dataplane>> dataplanes;
  for (const char* name : {"c", "a", "d", "b"}) {
    dataplanes.push_back(dataplane(
        name, {tagged(static_cast<std::uint16_t>(*name), "p", "orders"), tagged(7, "q", name)}));
  }
  const Lines first = make(dataplanes).services;
  std::ranges::reverse(dataplanes);
  EXPECT_EQ(make(dataplanes).services, first);
}

TEST(FromDataplanesTest, LabelsAndSelectorAreKumas) {
  Resources resources;
  resources.dataplanes = {dataplane("a", {tagged(80, "web", "orders")})};
  const auto made = services_from_dataplanes(resources, {"east", "default", "universal"});
  ASSERT_EQ(made.services.size(), 1u);
  const Service& service = *made.services[0];
  EXPECT_EQ(service.origin, Origin::Dataplanes);
  EXPECT_EQ(service.meta.labels.pairs(), (Labels{{"kuma.io/display-name", "orders"},
                                                 {"kuma.io/env", "universal"},
                                                 {"kuma.io/managed-by", "meshservice-generator"},
                                                 {"kuma.io/mesh", "default"},
                                                 {"kuma.io/origin", "zone"},
                                                 {"kuma.io/zone", "east"}})
                                             .pairs());
  EXPECT_EQ(service.selector.by, Selector::By::DataplaneTags);
  EXPECT_TRUE(service.selector.match.contains_all({{"kuma.io/service", "orders"}}));
}

// All that a generated service is.
std::string whole(const Service& service) {
  std::string text = to_string(service.id()) + ' ' + line(service) + ' ' +
                     to_string(service.meta.position) + ' ' +
                     std::to_string(static_cast<int>(service.selector.by));
  for (const Labels& labels : {service.selector.match, service.meta.labels}) {
    for (const auto& [key, value] : labels.pairs()) {
      text.append(" ").append(key).append("=").append(value);
    }
  }
  return text;
}

std::string whole(const std::vector<std::shared_ptr<const Service>>& services) {
  std::string text;
  for (const auto& service : services) text += whole(*service) + '\n';
  return text;
}

TEST(DataplaneServicesTest, EqualTheSpecificationAfterEachOfManyChanges) {
  const Locality locality{"east", "default", "universal"};
  std::size_t changed = 0;
  std::size_t warnings = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    RandomResources random(seed);
    DataplaneServices stage(locality);
    Resources generated;  // only services
    DiagnosticSet diagnostics;
    Resources held;  // what is removed lives until its change has been applied
    for (int step = 0; step < 100; ++step) {
      held = random.resources();
      GeneratedChange change = stage.apply(random.step());
      for (const auto& [before, after] : change.services) {
        ASSERT_TRUE(!before || !after || whole(*before) != whole(*after)) << "no change is none";
      }
      changed += change.services.size();
      Changes changes;
      changes.services = change.services;
      generated = applied(std::move(generated), changes);  // asserts that each begins at the state
      diagnostics.apply(change.diagnostics);

      Generated all = services_from_dataplanes(random.resources(), locality);
      sort(all.diagnostics);
      ASSERT_EQ(whole(generated.services), whole(all.services)) << seed << '/' << step;
      ASSERT_EQ(text(diagnostics.first()), text(all.diagnostics)) << seed << '/' << step;
      warnings += all.diagnostics.size();
    }
  }
  // The edits must meet what they are made for.
  EXPECT_GT(changed, 1500u);
  EXPECT_GT(warnings, 20000u);
}

TEST(DataplaneServicesTest, ADataplaneMoreOfOneServiceChangesNothing) {
  DataplaneServices stage({"east", "default", "universal"});
  const auto a = dataplane("a", {tagged(80, "web", "orders")});
  const auto b = dataplane("b", {tagged(80, "web", "orders")});
  EXPECT_EQ(stage.apply({{}, {}, {{nullptr, a}}}).services.size(), 1u);
  EXPECT_TRUE(stage.apply({{}, {}, {{nullptr, b}}}).services.empty());
  EXPECT_TRUE(stage.apply({{}, {}, {{b, nullptr}}}).services.empty());
  const GeneratedChange gone = stage.apply({{}, {}, {{a, nullptr}}});
  ASSERT_EQ(gone.services.size(), 1u);
  EXPECT_FALSE(gone.services[0].after);
}

}  // namespace
}  // namespace mesh
