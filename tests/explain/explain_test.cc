#include "explain/explain.h"

#include <gmock/gmock.h>

namespace explain {
namespace {

using testing::HasSubstr;
using testing::Not;

config::Settings settings() {
  return config::load_settings(std::nullopt, "", {}, {}).settings;
}

// A service called redis, with one VIP of its own.
mesh::Service service(mesh::Origin origin) {
  mesh::Service redis;
  redis.meta.mesh = "default";
  redis.meta.name = "redis";
  redis.origin = origin;
  redis.vips = {*mesh::Ip::parse("241.96.0.7")};
  redis.ports = {{6379, "main", std::uint16_t{6379}}};
  return redis;
}

std::string explained(mesh::Service service) {
  mesh::Resources resources;
  resources.services = {std::make_shared<const mesh::Service>(std::move(service))};
  const config::Settings s = settings();
  const pipeline::Build built = pipeline::build(std::move(resources), s, {}, 1000);
  return explain("MeshService/redis", built, s, {}, {}).value_or("");
}

TEST(ExplainTest, WhereAServiceComesFrom) {
  const struct {
    const char* rule;
    mesh::Origin origin;
    const char* is;
    const char* is_not;
  } kCases[] = {
      {"one written by hand has no origin", mesh::Origin::Given, "service   MeshService redis\n",
       "generated"},
      {"its VIP is the one that its status gives", mesh::Origin::Given,
       "241.96.0.7, given by status.vips", "cluster"},
      {"its Dataplanes are counted", mesh::Origin::Given, "0 Dataplanes match, 0 of them healthy",
       "cluster"},
      {"one made of Dataplanes", mesh::Origin::Dataplanes,
       "MeshService redis, generated from Dataplanes\n", "Kubernetes"},
      {"one made of a Kubernetes Service", mesh::Origin::KubernetesService,
       "MeshService redis, generated from a Kubernetes Service\n", "from Dataplanes"},
      {"its VIP is the cluster's", mesh::Origin::KubernetesService,
       "241.96.0.7, an address of the cluster\n", "status.vips"},
      {"nothing counts Dataplanes there", mesh::Origin::KubernetesService, "port ", "Dataplanes"},
  };
  for (const auto& row : kCases) {
    const std::string text = explained(service(row.origin));
    EXPECT_THAT(text, HasSubstr(row.is)) << row.rule;
    EXPECT_THAT(text, Not(HasSubstr(row.is_not))) << row.rule;
  }
}

}  // namespace
}  // namespace explain
