#include "mesh/resources.h"

#include <gtest/gtest.h>

namespace mesh {
namespace {

TEST(ResourcesTest, NamesOfAResource) {
  Meta meta;
  meta.name = "redis";
  EXPECT_EQ(meta.core_name(), "redis");
  EXPECT_EQ(meta.display_name(), "redis");
  meta.name_space = "kuma-system";
  EXPECT_EQ(meta.core_name(), "redis.kuma-system");
  meta.labels.set(label::kDisplayName, "cache");
  EXPECT_EQ(meta.display_name(), "cache");
  meta.labels.set(label::kDisplayName, "");
  EXPECT_EQ(meta.display_name(), "") << "the key decides, even if it is empty, as in Kuma";
}

TEST(ResourcesTest, KindsAndIds) {
  for (const Kind kind : kKinds) EXPECT_EQ(parse_kind(to_string(kind)), kind);
  EXPECT_EQ(parse_kind("Service"), std::nullopt);
  EXPECT_EQ(to_string(ServiceId{Kind::MeshService, "default", "redis"}), "MeshService redis");
  const std::string other = to_string(ServiceId{Kind::MeshExternalService, "shop", "pay"});
  EXPECT_NE(other.find("shop"), std::string::npos);
  EXPECT_NE(other.find("pay"), std::string::npos);
}

TEST(ResourcesTest, MissingLabelsAreFilledAndGivenOnesKept) {
  const Locality locality{"east", "default", "universal"};
  const struct {
    const char* why;
    const char* mesh;
    const char* name_space;
    Labels given;
    Labels filled;
  } kCases[] = {
      {"a service of our own zone",
       "default",
       "",
       {},
       {{"kuma.io/display-name", "redis"},
        {"kuma.io/env", "universal"},
        {"kuma.io/mesh", "default"},
        {"kuma.io/origin", "zone"},
        {"kuma.io/zone", "east"}}},
      {"a HostnameGenerator belongs to no mesh",
       "",
       "",
       {},
       {{"kuma.io/display-name", "redis"},
        {"kuma.io/env", "universal"},
        {"kuma.io/origin", "zone"},
        {"kuma.io/zone", "east"}}},
      {"the Kubernetes shape has a namespace",
       "default",
       "shop",
       {},
       {{"k8s.kuma.io/namespace", "shop"},
        {"kuma.io/display-name", "redis"},
        {"kuma.io/env", "universal"},
        {"kuma.io/mesh", "default"},
        {"kuma.io/origin", "zone"},
        {"kuma.io/zone", "east"}}},
      {"one of another zone keeps its zone and env, and gets none of ours",
       "default",
       "",
       {{"kuma.io/origin", "global"}, {"kuma.io/zone", "west"}},
       {{"kuma.io/display-name", "redis"},
        {"kuma.io/mesh", "default"},
        {"kuma.io/origin", "global"},
        {"kuma.io/zone", "west"}}},
      {"what is given is kept",
       "default",
       "",
       {{"kuma.io/display-name", "cache"}, {"kuma.io/env", "kubernetes"}},
       {{"kuma.io/display-name", "cache"},
        {"kuma.io/env", "kubernetes"},
        {"kuma.io/mesh", "default"},
        {"kuma.io/origin", "zone"},
        {"kuma.io/zone", "east"}}},
  };
  for (const auto& row : kCases) {
    Meta meta;
    meta.mesh = row.mesh;
    meta.name = "redis";
    meta.name_space = row.name_space;
    meta.labels = row.given;
    fill_labels(meta, locality);
    EXPECT_EQ(meta.labels.pairs(), row.filled.pairs()) << row.why;
  }
}

}  // namespace
}  // namespace mesh
