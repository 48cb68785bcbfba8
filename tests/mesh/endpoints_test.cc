#include "mesh/endpoints.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mesh/match.h"

namespace mesh {
namespace {

using By = Selector::By;
using State = Inbound::State;

Inbound inbound(std::uint16_t port, std::string name, State state = State::Ready,
                std::optional<Address> address = {}) {
  return {port, std::move(name), "", state, {{"app", "web"}}, std::move(address)};
}

std::shared_ptr<const Dataplane> dataplane(const char* name, const char* address,
                                           std::vector<Inbound> inbounds) {
  auto made = std::make_shared<Dataplane>();
  made->meta.mesh = "default";
  made->meta.name = name;
  made->address = to_address(address);
  made->inbounds = std::move(inbounds);
  return made;
}

std::shared_ptr<Service> service(const char* name, Labels labels = {},
                                 std::vector<Port> ports = {{80, "http", std::uint16_t{8080}}}) {
  auto made = std::make_shared<Service>();
  made->meta.mesh = "default";
  made->meta.name = name;
  made->meta.labels = std::move(labels);
  made->selector = {By::DataplaneTags, "", {{"app", "web"}}};
  made->ports = std::move(ports);
  return made;
}

std::shared_ptr<Service> multi_zone(Labels match, std::vector<Port> ports) {
  auto made = service("all", {}, std::move(ports));
  made->kind = Kind::MeshMultiZoneService;
  made->selector = {By::MeshServiceLabels, "", std::move(match)};
  return made;
}

// "http: 192.0.2.1:8080 a.b:8080!": a line a port; with "!" one that isn't healthy, with "^N" one
// of another priority than 0.
std::string text(const Service& service, const Resources& resources) {
  const Endpoints all = endpoints(service, resources, "east");
  EXPECT_EQ(all.size(), service.ports.size());
  std::string lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    lines += service.ports[i].name + ':';
    for (const Endpoint& endpoint : all[i]) {
      lines += ' ' + to_string(endpoint.address) + ':' + std::to_string(endpoint.port);
      if (!endpoint.healthy) lines += '!';
      if (endpoint.priority != 0) lines += '^' + std::to_string(endpoint.priority);
    }
    lines += '\n';
  }
  return lines;
}

TEST(EndpointsTest, OfAMeshService) {
  auto advertised = std::make_shared<Dataplane>(*dataplane(
      "a", "10.0.0.1",
      {inbound(8080, "http"), inbound(8080, "own", State::Ready, to_address("10.0.0.9"))}));
  advertised->advertised_address = to_address("192.0.2.9");
  const struct {
    const char* rule;
    std::vector<Port> ports;
    std::vector<std::shared_ptr<const Dataplane>> dataplanes;
    const char* endpoints;
  } kCases[] = {
      {"none selected", {{80, "http", std::uint16_t{8080}}}, {}, "http:\n"},
      {"the address of the Dataplane and the port of the inbound",
       {{80, "http", std::uint16_t{8080}}},
       {dataplane("a", "192.0.2.1", {inbound(8080, "x")})},
       "http: 192.0.2.1:8080\n"},
      {"by the Dataplanes' names",
       {{80, "http", std::uint16_t{8080}}},
       {dataplane("b", "192.0.2.2", {inbound(8080, "x")}),
        dataplane("a", "db.example", {inbound(8080, "x")})},
       "http: db.example:8080 192.0.2.2:8080\n"},
      {"the inbound's own address, else the advertised one",
       {{80, "http", std::uint16_t{8080}}},
       {advertised},
       "http: 192.0.2.9:8080 10.0.0.9:8080\n"},
      {"of several inbounds with one number all count; other ones don't",
       {{80, "http", std::uint16_t{8080}}},
       {dataplane("a", "192.0.2.1", {inbound(8080, "x"), inbound(8081, "y"), inbound(8080, "z")})},
       "http: 192.0.2.1:8080 192.0.2.1:8080\n"},
      {"a target by name",
       {{80, "http", std::string("main")}},
       {dataplane("a", "192.0.2.1", {inbound(8080, "x"), inbound(9090, "main")})},
       "http: 192.0.2.1:9090\n"},
      {"NotReady is not healthy, Ignored is none",
       {{80, "http", std::uint16_t{8080}}},
       {dataplane("a", "192.0.2.1", {inbound(8080, "x", State::NotReady), inbound(1, "y")}),
        dataplane("b", "192.0.2.2", {inbound(8080, "x", State::Ignored), inbound(1, "y")})},
       "http: 192.0.2.1:8080!\n"},
      {"each port has its own",
       {{80, "http", std::uint16_t{8080}}, {90, "90", std::uint16_t{9090}}},
       {dataplane("a", "192.0.2.1", {inbound(8080, "x"), inbound(9090, "y")}),
        dataplane("b", "192.0.2.2", {inbound(9090, "y")})},
       "http: 192.0.2.1:8080\n90: 192.0.2.1:9090 192.0.2.2:9090\n"},
  };
  for (const auto& row : kCases) {
    const auto web = service("web", {}, row.ports);
    EXPECT_EQ(text(*web, {{web}, {}, row.dataplanes}), row.endpoints) << row.rule;
  }
}

TEST(EndpointsTest, OfAMeshExternalServiceAreThoseThatItGives) {
  auto external = service("pay", {}, {{443, "443", std::uint16_t{443}}});
  external->kind = Kind::MeshExternalService;
  EXPECT_EQ(text(*external, {}), "443:\n");
  external->external = std::make_shared<const External>(External{
      {{to_address("192.0.2.1"), 8443, 0}, {to_address("pay.example"), 443, 2}}, false, ""});
  EXPECT_EQ(text(*external, {}), "443: 192.0.2.1:8443 pay.example:443^2\n");
}

TEST(EndpointsTest, OfAMeshMultiZoneServiceAreItsMembers) {
  const Labels ours = {{"kuma.io/display-name", "redis"}, {"kuma.io/zone", "east"}};
  const Labels theirs = {{"kuma.io/display-name", "redis"}, {"kuma.io/zone", "west"}};
  Resources resources;
  resources.services = {service("redis", ours), service("redis-west", theirs),
                        service("other", {{"kuma.io/zone", "east"}}),
                        service("number", ours, {{80, "x", std::uint16_t{8080}}}),
                        service("no-port", ours, {{81, "81", std::uint16_t{8080}}})};
  auto elsewhere = service("mesh", ours);
  elsewhere->meta.mesh = "shop";
  resources.services.push_back(elsewhere);
  resources.dataplanes = {dataplane("a", "192.0.2.1", {inbound(8080, "http")})};
  const struct {
    const char* rule;
    Labels match;
    std::vector<Port> ports;
    const char* endpoints;
    std::size_t members;
  } kCases[] = {
      {"a port by its name; other zones come after ours",
       {{"kuma.io/display-name", "redis"}},
       {{8000, "http", {}}},
       "http: 192.0.2.1:8080 192.0.2.1:8080^1\n",
       4},
      {"a port by its number",
       {{"kuma.io/display-name", "redis"}},
       {{80, "80", {}}},
       "80: 192.0.2.1:8080 192.0.2.1:8080 192.0.2.1:8080^1\n",
       4},
      {"all labels",
       {{"kuma.io/display-name", "redis"}, {"kuma.io/zone", "west"}},
       {{80, "80", {}}},
       "80: 192.0.2.1:8080^1\n",
       1},
      {"a label must be there, even for an empty value",
       {{"team", ""}},
       {{80, "80", {}}},
       "80:\n",
       0},
  };
  for (const auto& row : kCases) {
    const auto all = multi_zone(row.match, row.ports);
    EXPECT_EQ(text(*all, resources), row.endpoints) << row.rule;
    EXPECT_EQ(members(*all, resources).size(), row.members) << row.rule;
    Diagnostics diagnostics;
    Resources with = resources;
    with.services.push_back(all);
    check_members(with, diagnostics);
    EXPECT_EQ(diagnostics.size(), row.members == 0 ? 1u : 0u) << row.rule;
  }
}

TEST(EndpointsTest, MembersAreNamedAsKumaNamesThem) {
  const auto named = [](const char* name, const char* shown, const char* zone) {
    return service(name, {{"kuma.io/display-name", shown},
                          {"kuma.io/zone", zone},
                          {"k8s.kuma.io/namespace", "shop"}});
  };
  const auto a = named("a-hash", "b", "west");
  const auto b = named("b-hash", "b", "east");
  const auto c = named("c-hash", "a", "west");
  const std::vector<const Service*> all = {a.get(), b.get(), c.get()};
  std::string names;
  for (const auto& [name, name_space, zone, mesh] : matched_services(all)) {
    names.append(name).append("/").append(name_space).append("/").append(zone);
    names.append("/").append(mesh).append(" ");
  }
  EXPECT_EQ(names, "a/shop/west/default b/shop/east/default b/shop/west/default ");
  EXPECT_EQ(matched_condition(3).message, "Matched 3 MeshService(s)");
  EXPECT_EQ(matched_condition(0).reason, "NoMatchesFound");
}

// The counts are those of the endpoints: a Dataplane is healthy where each port has a healthy one.
TEST(EndpointsTest, AHealthyProxyHasAHealthyEndpointOfEveryPort) {
  for (unsigned states = 0; states < 81; ++states) {
    const auto state = [&](unsigned digit) { return static_cast<State>(states / digit % 3); };
    const auto web =
        service("web", {}, {{80, "http", std::uint16_t{8080}}, {90, "m", std::string("m")}});
    const Resources resources = {
        {web},
        {},
        {dataplane("a", "192.0.2.1",
                   {inbound(8080, "http", state(1)), inbound(8080, "more", state(3)),
                    inbound(9090, "m", state(9)), inbound(1, "x", state(27))})}};
    const Endpoints all = endpoints(*web, resources, "east");
    const bool healthy = std::ranges::all_of(
        all, [](const auto& of_port) { return std::ranges::any_of(of_port, &Endpoint::healthy); });
    Diagnostics diagnostics;
    const Proxies proxies = count_proxies(resources, diagnostics).at(0);
    EXPECT_EQ(proxies.healthy, healthy ? 1u : 0u) << states;
  }
}

}  // namespace
}  // namespace mesh
