#include "pipeline/join.h"

#include <gtest/gtest.h>

#include <string>

namespace pipeline {
namespace {

std::shared_ptr<const mesh::Service> service(const char* name, const char* file) {
  auto made = std::make_shared<mesh::Service>();
  made->meta.mesh = "default";
  made->meta.name = name;
  made->meta.position = {std::make_shared<const std::string>(file), 1, 1};
  return made;
}

// "-a.yaml +b.yaml": where the versions before and after are from.
std::string text(const Joined& joined) {
  std::string text;
  for (const auto& [before, after] : joined.changes.services) {
    if (before) text += '-' + *before->meta.position.file + ' ';
    if (after) text += '+' + *after->meta.position.file + ' ';
  }
  return text;
}

std::string warnings(const Joined& joined) {
  std::string text;
  for (const auto& each : joined.diagnostics.removed) text += '-' + mesh::to_string(each) + '\n';
  for (const auto& each : joined.diagnostics.added) text += '+' + mesh::to_string(each) + '\n';
  return text;
}

Joined take(Join& join, std::size_t source, std::shared_ptr<const mesh::Service> before,
            std::shared_ptr<const mesh::Service> after) {
  mesh::Changes changes;
  changes.services.push_back({std::move(before), std::move(after)});
  return join.take(source, std::move(changes));
}

constexpr const char* kWarning =
    "redis.yaml:1:1: warning: MeshService redis is in the source cluster too, which takes "
    "precedence: this version is not used\n";

TEST(JoinTest, TheFirstSourceThatHasAResourceWins) {
  Join join({"cluster", "files"});
  const auto of_cluster = service("redis", "cluster");
  const auto of_file = service("redis", "redis.yaml");

  // One source alone has it.
  EXPECT_EQ(text(take(join, 1, nullptr, of_file)), "+redis.yaml ");

  // The first source has it too: the other's version is replaced, and warned of.
  const Joined both = take(join, 0, nullptr, of_cluster);
  EXPECT_EQ(text(both), "-redis.yaml +cluster ");
  EXPECT_EQ(warnings(both), std::string("+") + kWarning);

  // A change of a version that is not used changes nothing but its warning.
  const auto changed = service("redis", "new.yaml");
  const Joined unused = take(join, 1, of_file, changed);
  EXPECT_EQ(text(unused), "");
  EXPECT_TRUE(warnings(unused).starts_with(std::string("-") + kWarning)) << warnings(unused);

  // The first source no longer has it: the next one's version is used again.
  const Joined back = take(join, 0, of_cluster, nullptr);
  EXPECT_EQ(text(back), "-cluster +new.yaml ");
  EXPECT_TRUE(back.diagnostics.added.empty());
  EXPECT_EQ(back.diagnostics.removed.size(), 1u);

  EXPECT_EQ(text(take(join, 1, changed, nullptr)), "-new.yaml ");
}

TEST(JoinTest, OneSourceIsPassedOn) {
  Join join({"files"});
  const Joined joined = take(join, 0, nullptr, service("redis", "redis.yaml"));
  EXPECT_EQ(text(joined), "+redis.yaml ");
  EXPECT_EQ(warnings(joined), "");
}

TEST(JoinTest, KindsAndMeshesAreOtherResources) {
  Join join({"cluster", "files"});
  take(join, 0, nullptr, service("redis", "cluster"));
  auto other = std::make_shared<mesh::Service>(*service("redis", "redis.yaml"));
  other->kind = mesh::Kind::MeshExternalService;
  EXPECT_EQ(text(take(join, 1, nullptr, other)), "+redis.yaml ");
  auto elsewhere = std::make_shared<mesh::Service>(*service("redis", "other.yaml"));
  elsewhere->meta.mesh = "other";
  EXPECT_EQ(text(take(join, 1, nullptr, elsewhere)), "+other.yaml ");
}

}  // namespace
}  // namespace pipeline
