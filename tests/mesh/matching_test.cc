#include "mesh/matching.h"

#include <gtest/gtest.h>

#include "tests/mesh/random_resources.h"

namespace mesh {
namespace {

constexpr const char* kZone = "x";

// What a service has, by the specification: a look at every pair.
struct Facts {
  std::string endpoints;
  Proxies proxies;
  std::string members;
  std::string by_member;  // the endpoints

  bool nothing() const {
    return endpoints.find('/') == endpoints.npos && proxies == Proxies() && members.empty();
  }
  bool is_same(const Facts& other) const {
    return endpoints == other.endpoints && proxies == other.proxies && members == other.members;
  }
};

std::string text(const Endpoints& endpoints) {
  std::string text;
  for (const auto& of_port : endpoints) {
    for (const Endpoint& each : of_port) {
      text += (each.dataplane ? each.dataplane->meta.core_name() : "") + '/' +
              to_string(each.address) + ':' + std::to_string(each.port) +
              (each.healthy ? "" : "!") + '^' + std::to_string(each.priority) + ' ';
    }
    text += ';';
  }
  return text;
}

std::string text(std::span<const Service* const> members) {
  std::string text;
  for (const Service* member : members) text += member->meta.core_name() + ' ';
  for (const auto& [name, name_space, zone, mesh] : matched_services(members)) {
    text.append(name).append("/").append(name_space).append("/").append(zone);
    text.append("/").append(mesh).append(" ");
  }
  return text;
}

Proxies count(const Service& service, const Resources& resources) {
  Proxies proxies;
  if (service.kind != Kind::MeshService) return proxies;
  for (const auto& dataplane : resources.dataplanes) {
    if (dataplane->inbounds.empty() || !selects(service, *dataplane)) continue;
    ++proxies.total;
    if (is_healthy(service, *dataplane)) ++proxies.healthy;
  }
  return proxies;
}

std::string by_member(const Service& service, const Resources& resources) {
  std::string all;
  for (const Service* member : members(service, resources)) {
    Endpoints of_member(service.ports.size());
    add_member(service, *member, endpoints(*member, resources, kZone), kZone, of_member);
    all += member->meta.core_name() + ':' + text(of_member);
  }
  return all;
}

std::map<ServiceId, Facts> facts_of(const Resources& resources) {
  std::map<ServiceId, Facts> facts;
  for (const auto& service : resources.services) {
    facts[service->id()] = {text(endpoints(*service, resources, kZone)), count(*service, resources),
                            text(members(*service, resources)), by_member(*service, resources)};
  }
  return facts;
}

TEST(MatchingTest, EqualsALookAtEverythingAfterEachOfManyChanges) {
  std::size_t reported = 0;
  std::size_t warnings = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    RandomResources random(seed);
    Matching matching(kZone);
    DiagnosticSet diagnostics;
    std::map<ServiceId, Facts> before;
    Resources held;  // what is removed lives until its change has been applied
    for (int step = 0; step < 100; ++step) {
      held = random.resources();
      const Changes changes = random.step();
      MatchingChange change = matching.apply(changes);
      const Resources& resources = random.resources();
      const auto after = facts_of(resources);

      std::set<ServiceId> is;
      for (const Service* service : change.services) {
        ASSERT_TRUE(is.insert(service->id()).second) << "each once";
      }
      for (const auto& [id, facts] : after) {
        const auto was = before.find(id);
        const bool same = was == before.end() ? facts.nothing() : was->second.is_same(facts);
        // An endpoint that passes from one member to another may be reported.
        const bool may = !same || (was != before.end() && was->second.by_member != facts.by_member);
        ASSERT_TRUE(is.contains(id) ? may : same)
            << seed << '/' << step << ' ' << to_string(id) << "\nbefore " << before[id].endpoints
            << before[id].members << "\nafter " << facts.endpoints << facts.members;
      }
      reported += is.size();

      for (const auto& service : resources.services) {
        const Facts now = {text(matching.endpoints(*service)), matching.proxies(*service),
                           text(matching.members(*service)), ""};
        ASSERT_TRUE(now.is_same(after.at(service->id()))) << seed << '/' << step;
      }

      diagnostics.apply(change.diagnostics);
      Diagnostics all;
      const auto proxies = count_proxies(resources, all);
      check_members(resources, all);
      sort(all);
      ASSERT_EQ(text(diagnostics.first()), text(all)) << seed << '/' << step;
      for (std::size_t i = 0; i < proxies.size(); ++i) {
        ASSERT_EQ(proxies[i], after.at(resources.services[i]->id()).proxies);
      }
      warnings += all.size();
      before = after;
    }
  }
  // The edits must meet what they are made for.
  EXPECT_GT(reported, 5000u);
  EXPECT_GT(warnings, 5000u);
}

TEST(MatchingTest, ALabelThatChangesNothingReportsNothing) {
  auto web = std::make_shared<Service>();
  web->meta.mesh = "default";
  web->meta.name = "web";
  web->selector = {Selector::By::DataplaneLabels, "", {{"app", "web"}}};
  web->ports = {{80, "http", std::uint16_t{80}}};
  auto one = std::make_shared<Dataplane>();
  one->meta.mesh = "default";
  one->meta.name = "one";
  one->meta.labels = {{"app", "web"}};
  one->inbounds = {{80, "80"}};
  Matching matching("east");
  EXPECT_EQ(matching.apply({{{nullptr, web}}, {}, {{nullptr, one}}}).services,
            std::vector<const Service*>{web.get()});
  auto other = std::make_shared<Dataplane>(*one);
  other->meta.labels.set("version", "2");
  EXPECT_TRUE(matching.apply({{}, {}, {{one, other}}}).services.empty());
  auto moved = std::make_shared<Service>(*web);
  moved->meta.position.line = 7;
  EXPECT_TRUE(matching.apply({{{web, moved}}, {}, {}}).services.empty());
  EXPECT_EQ(matching.proxies(*moved), (Proxies{1, 1}));
  EXPECT_EQ(matching.apply({{}, {}, {{other, nullptr}}}).services,
            std::vector<const Service*>{moved.get()});
}

TEST(MatchingTest, ManyAtOnceGoAndComeBack) {
  Changes added;
  for (unsigned i = 0; i < 3000; ++i) {
    auto dataplane = std::make_shared<Dataplane>();
    dataplane->meta.mesh = "default";
    dataplane->meta.name = "dp-" + std::to_string(i);
    dataplane->meta.labels = {{"app", std::to_string(i % 100)}};
    dataplane->inbounds = {{80, "80"}};
    added.dataplanes.push_back({nullptr, dataplane});
    auto service = std::make_shared<Service>();
    service->meta.mesh = "default";
    service->meta.name = "s-" + std::to_string(i);
    service->selector = {Selector::By::DataplaneLabels, "", {{"app", std::to_string(i % 100)}}};
    added.services.push_back({nullptr, service});
  }
  Changes removed;
  for (std::size_t i = 0; i < 3000; i += 2) {
    removed.services.push_back({added.services[i].after, nullptr});
    removed.dataplanes.push_back({added.dataplanes[i].after, nullptr});
  }
  Matching matching("east");
  EXPECT_EQ(matching.apply(added).services.size(), 3000u);
  EXPECT_EQ(matching.proxies(*added.services[1].after), (Proxies{30, 30}));
  EXPECT_EQ(matching.apply(removed).services.size(), 0u) << "odd services have odd Dataplanes";
  EXPECT_EQ(matching.proxies(*added.services[0].after), Proxies());
  EXPECT_EQ(matching.proxies(*added.services[1].after), (Proxies{30, 30}));
  Changes again;
  for (const auto& changed : removed.dataplanes)
    again.dataplanes.push_back({nullptr, changed.before});
  for (const auto& changed : removed.services) again.services.push_back({nullptr, changed.before});
  EXPECT_EQ(matching.apply(again).services.size(), 1500u);
  EXPECT_EQ(matching.proxies(*added.services[0].after), (Proxies{30, 30}));
}

}  // namespace
}  // namespace mesh
