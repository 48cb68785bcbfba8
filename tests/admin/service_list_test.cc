#include "admin/service_list.h"

#include <gtest/gtest.h>

namespace admin {
namespace {

using mesh::Kind;
using Names = std::vector<std::string>;

std::shared_ptr<mesh::Service> service(const std::string& name, const std::string& team = "",
                                       Kind kind = Kind::MeshService) {
  auto made = std::make_shared<mesh::Service>();
  made->kind = kind;
  made->meta.mesh = "default";
  made->meta.name = name;
  if (!team.empty()) made->meta.labels.set("team", team);
  made->ports.push_back({80, "http", std::uint16_t{80}, "http"});
  return made;
}

std::shared_ptr<mesh::HostnameGenerator> generator(const std::string& name, const std::string& text,
                                                   mesh::Labels match) {
  auto made = std::make_shared<mesh::HostnameGenerator>();
  made->meta.name = name;
  made->match = std::move(match);
  made->template_text = text;
  return made;
}

// a and b want the name one.mesh, which a has; c to z are named after themselves; x has no VIP.
pipeline::Build sample() {
  config::Settings settings;
  settings.skip_hostname_generators = true;
  settings.vip.mesh_service = {*mesh::Cidr::parse("241.0.0.0/8")};
  settings.vip.mesh_multi_zone_service = {*mesh::Cidr::parse("243.0.0.0/31")};
  mesh::Resources given;
  given.services = {service("a", "t"), service("b", "t"), service("c"), service("z"),
                    service("x", "", Kind::MeshMultiZoneService)};
  given.generators = {generator("own", "{{ .Name }}.svc.mesh", {}),
                      generator("one", "one.mesh", {{"team", "t"}})};
  return pipeline::build(std::move(given), settings, {}, 1000);
}

Names names(const pipeline::Build& build, const std::vector<std::uint32_t>& services) {
  Names all;
  for (const std::uint32_t i : services) all.push_back(build.resources.services[i]->meta.name);
  return all;
}

TEST(ServiceListTest, WhatASearchFinds) {
  const pipeline::Build build = sample();
  const std::string vip = build.allocation.vips[3].at(0).to_string();
  const struct {
    const char* why;
    std::string words;
    Names found;
  } kCases[] = {
      {"all, the worst first", "", {"x", "b", "a", "c", "z"}},
      {"blanks are nothing", " \t", {"x", "b", "a", "c", "z"}},
      {"a hostname's part", "c.svc", {"c"}},
      {"letters of any case", "C.SVC", {"c"}},
      {"a name that is wanted and lost", "one.mesh", {"b", "a"}},
      {"a kind", "multizone", {"x"}},
      {"the mesh", "default", {"x", "b", "a", "c", "z"}},
      {"every word counts", "one b.svc", {"b"}},
      {"a VIP", vip, {"z"}},
      {"a VIP's beginning only", "." + vip.substr(4), {}},
      {"nothing", "nope", {}},
      {"no pattern", ".*", {}},
  };
  for (const auto& row : kCases) {
    const ServicePage list = list_services(build, row.words, 1);
    EXPECT_EQ(names(build, list.services), row.found) << row.why;
    EXPECT_EQ(list.found, row.found.size()) << row.why;
  }
  EXPECT_EQ(list_services(build, "", 1).troubled, 2u);
  EXPECT_EQ(list_services(build, "one.mesh", 1).troubled, 1u);
}

TEST(ServiceListTest, Troubles) {
  const pipeline::Build build = sample();
  EXPECT_EQ(trouble_of(build, 0), Trouble::None);
  EXPECT_EQ(trouble_of(build, 1), Trouble::NotNamed);
  EXPECT_EQ(trouble_of(build, 4), Trouble::NoVip);
  EXPECT_EQ(names(build, troubled_services(build, 10)), (Names{"x", "b"}));
  EXPECT_EQ(names(build, troubled_services(build, 1)), (Names{"x"}));
  EXPECT_TRUE(troubled_services({}, 10).empty());
}

TEST(ServiceListTest, Pages) {
  // 250 services without names, and the last is in trouble.
  pipeline::Build build;
  for (std::size_t i = 0; i < 250; ++i) {
    build.resources.services.push_back(service("s" + std::to_string(1000 + i)));
  }
  build.hostnames.outcomes.resize(250);
  build.allocation.vips.resize(250);
  build.allocation.missing.resize(250);
  build.allocation.missing.back() = "exhausted";
  const struct {
    const char* why;
    std::size_t asked;
    std::size_t page;
    std::size_t first;
    std::size_t size;
    const char* first_name;
  } kCases[] = {
      {"the first begins with trouble", 1, 1, 1, 100, "s1249"},
      {"the second goes on", 2, 2, 101, 100, "s1099"},
      {"the last is what is left", 3, 3, 201, 50, "s1199"},
      {"beyond the last is the last", 9, 3, 201, 50, "s1199"},
      {"before the first is the first", 0, 1, 1, 100, "s1249"},
  };
  for (const auto& row : kCases) {
    const ServicePage list = list_services(build, "", row.asked);
    EXPECT_EQ(list.page, row.page) << row.why;
    EXPECT_EQ(list.pages, 3u) << row.why;
    EXPECT_EQ(list.first(), row.first) << row.why;
    ASSERT_EQ(list.services.size(), row.size) << row.why;
    EXPECT_EQ(names(build, list.services).front(), row.first_name) << row.why;
  }
  const ServicePage none = list_services(build, "nope", 7);
  EXPECT_EQ(none.page, 1u);
  EXPECT_EQ(none.pages, 1u);
  EXPECT_EQ(none.first(), 0u);
}

}  // namespace
}  // namespace admin
