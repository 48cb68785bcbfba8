#include "kubernetes/source.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "tests/http/fake_server.h"

namespace kubernetes {
namespace {

using Answer = FakeServer::Answer;
using Then = FakeServer::Answer::Then;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kMeshServices = "/apis/kuma.io/v1alpha1/meshservices";
const std::string kVips = R"({"vips":[{"ip":"241.0.0.1"}]})";

std::string meta(const std::string& name, const std::string& more = "") {
  return R"("metadata":{"namespace":"ns","name":")" + name + R"(","uid":"u-)" + name +
         R"(","resourceVersion":"11")" + more + '}';
}
std::string service(const std::string& name, const std::string& ip = "10.96.0.1") {
  return '{' + meta(name, R"(,"labels":{"kuma.io/mesh":""})") + R"(,"spec":{"clusterIP":")" + ip +
         R"(","ports":[{"port":80}]}})";
}
std::string mesh_service(const std::string& name, const std::string& status = "{}",
                         const std::string& ports = "80") {
  return '{' + meta(name) + R"(,"spec":{"ports":[{"port":)" + ports + R"(}]},"status":)" + status +
         '}';
}
std::string definition(const std::string& name, bool served = true) {
  return R"({"metadata":{"name":")" + name +
         R"(","resourceVersion":"11"},"spec":{"versions":[{"name":"v1alpha1","served":)" +
         (served ? "true" : "false") + R"(,"subresources":{"status":{}}}]}})";
}
std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

// An API server with one Namespace. Of what `lists_` doesn't have there is nothing.
class SourceTest : public testing::Test {
 protected:
  void start(bool write_status = false) {
    SourceSettings settings;
    settings.access.server = server_.url();
    settings.access.name_space = "ours";
    settings.resources.locality.env = "kubernetes";
    settings.write_status = write_status;
    settings.identity = "me";
    source_ = std::make_unique<Source>(
        io_, std::move(settings), [this] { ++notified_; },
        [this](const Event& event) { events_.push_back(event.text); });
  }
  void start_synced(bool write_status = false) {
    start(write_status);
    EXPECT_TRUE(run_until(io_, [&] { return source_->synced(); }));
  }
  Answer answer(const FakeServer::Request& request) {
    if (request.method == "PATCH") return {200, R"({"status":)" + kVips + '}'};
    if (request.target.find("/leases") != std::string::npos) {
      return {request.method == "GET" ? 404u : 201u, "{}"};
    }
    if (request.target.find("watch=true") != std::string::npos) return {200, "", {}, Then::Open};
    for (const auto& [part, list] : failures_) {
      if (request.target.find(part) != std::string::npos) return list;
    }
    std::string items;
    for (const auto& [part, text] : lists_) {
      if (request.target.find(part) != std::string::npos) items = text;
    }
    return {200, R"({"metadata":{"resourceVersion":"10"},"items":[)" + items + "]}"};
  }
  bool send(const std::string& part, const std::string& text) {
    const bool open = run_until(io_, [&] { return server_.open(part) == 1; });
    const int before = notified_;
    server_.send(part, text);
    return open && run_until(io_, [&] { return notified_ > before; });
  }
  // Names that have come, changed or gone.
  std::vector<std::string> changes() {
    std::vector<std::string> names;
    for (const auto& changed : source_->take_changes().resources.services) {
      names.push_back((!changed.before ? "+"
                       : changed.after ? "~"
                                       : "-") +
                      changed.either().meta.core_name());
    }
    return names;
  }
  std::vector<std::string> patches() const {
    std::vector<std::string> patches;
    for (const std::string& request : server_.requests()) {
      if (request.starts_with("PATCH")) patches.push_back(request);
    }
    return patches;
  }

  boost::asio::io_context io_{1};
  std::map<std::string, std::string> lists_ = {
      {"/api/v1/namespaces", R"({"metadata":{"name":"ns"}})"}};
  std::map<std::string, Answer> failures_;
  FakeServer server_{io_, [this](const FakeServer::Request& request) { return answer(request); }};
  int notified_ = 0;
  std::vector<std::string> events_;
  std::unique_ptr<Source> source_;
};

TEST_F(SourceTest, WhatIsThereAndWhatChanges) {
  lists_["/api/v1/services"] = service("a") + ',' + service("b");
  start();
  EXPECT_FALSE(source_->synced());
  EXPECT_TRUE(run_until(io_, [&] { return source_->synced(); }));
  EXPECT_GT(notified_, 0);
  EXPECT_GT(source_->received(), 0u);
  EXPECT_THAT(changes(), ElementsAre("+a.ns", "+b.ns"));
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_TRUE(send("/services?watch", event("MODIFIED", service("a", "10.96.0.2"))));
  EXPECT_TRUE(send("/services?watch", event("DELETED", service("b"))));
  EXPECT_EQ(source_->snapshot().resources.services.size(), 2u) << "as taken";
  EXPECT_THAT(changes(), ElementsAre("~a.ns", "-b.ns"));
  EXPECT_EQ(source_->snapshot().resources.services.size(), 1u);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(SourceTest, AKindOfKumasComesAndGoes) {
  lists_[kMeshServices] = mesh_service("web");
  start_synced();
  EXPECT_THAT(changes(), IsEmpty()) << "it isn't installed";
  EXPECT_TRUE(send("meshservices.kuma.io", event("ADDED", definition("meshservices.kuma.io"))));
  EXPECT_TRUE(run_until(io_, [&] { return server_.open(kMeshServices) == 1; }));
  EXPECT_THAT(changes(), ElementsAre("+web.ns"));
  EXPECT_TRUE(source_->synced()) << "a kind that comes later is not waited for";
  EXPECT_TRUE(send("meshservices.kuma.io", event("DELETED", definition("meshservices.kuma.io"))));
  EXPECT_THAT(changes(), ElementsAre("-web.ns"));
  EXPECT_TRUE(
      send("meshservices.kuma.io", event("ADDED", definition("meshservices.kuma.io", false))));
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_THAT(
      events_,
      ElementsAre(
          "meshservices.kuma.io is no longer defined: its resources are removed",
          "version v1alpha1 of meshservices.kuma.io isn't served: treated as not installed"));
}

TEST_F(SourceTest, ABrokenResourceKeepsItsLastGoodVersion) {
  lists_["meshservices.kuma.io"] = definition("meshservices.kuma.io");
  lists_[kMeshServices] = mesh_service("web");
  start_synced();
  EXPECT_TRUE(run_until(io_, [&] { return server_.open(kMeshServices) == 1; }));
  EXPECT_THAT(changes(), ElementsAre("+web.ns"));
  EXPECT_TRUE(send(kMeshServices, event("MODIFIED", mesh_service("web", "{}", "0"))));
  const ResourceChanges broken = source_->take_changes();
  EXPECT_TRUE(broken.resources.empty());
  ASSERT_EQ(broken.diagnostics.added.size(), 1u);
  EXPECT_THAT(to_string(broken.diagnostics.added[0]), HasSubstr("MeshService ns/web:1:"));
  EXPECT_TRUE(send(kMeshServices, event("MODIFIED", mesh_service("web"))));
  const ResourceChanges repaired = source_->take_changes();
  EXPECT_TRUE(repaired.resources.empty()) << "it is what it was";
  EXPECT_EQ(repaired.diagnostics.removed.size(), 1u);
}

TEST_F(SourceTest, MeshesAreKnownWhereKumaIs) {
  lists_["/api/v1/services"] = service("a");
  lists_["metadata.name%3Dmeshes.kuma.io"] = definition("meshes.kuma.io");
  start_synced();
  EXPECT_TRUE(run_until(io_, [&] { return server_.open("/meshes?") == 1; }));
  EXPECT_THAT(changes(), IsEmpty()) << "there is no Mesh";
  EXPECT_EQ(source_->snapshot().diagnostics.size(), 1u);
  EXPECT_TRUE(send("/meshes?", event("ADDED", R"({"metadata":{"name":"default"}})")));
  EXPECT_THAT(changes(), ElementsAre("+a.ns"));
  EXPECT_TRUE(send("meshes.kuma.io", event("DELETED", definition("meshes.kuma.io"))));
  EXPECT_THAT(changes(), IsEmpty()) << "every mesh exists again";
}

TEST_F(SourceTest, AnOutageIsReportedAndItsEnd) {
  failures_["/api/v1/services"] = failures_["/api/v1/pods"] = {403, R"({"message":"no"})"};
  start();
  EXPECT_TRUE(run_until(io_, [&] { return events_.size() == 2; }));
  EXPECT_THAT(events_, testing::Each(HasSubstr("status 403: no")));
  EXPECT_THAT(source_->problem(), HasSubstr("status 403: no"));
  EXPECT_TRUE(source_->behind_since());
  EXPECT_FALSE(source_->synced());
  failures_.clear();
  EXPECT_TRUE(run_until(io_, [&] { return source_->synced() && !source_->behind_since(); }));
  EXPECT_EQ(source_->problem(), "");
  EXPECT_EQ(events_.back(), "the API server is followed again");
  EXPECT_EQ(events_.size(), 3u);
}

TEST_F(SourceTest, StatusesThatDifferAreWritten) {
  lists_["meshservices.kuma.io"] = definition("meshservices.kuma.io");
  lists_[kMeshServices] = mesh_service("a", kVips) + ',' + mesh_service("b");
  start_synced(true);
  EXPECT_TRUE(run_until(io_, [&] { return server_.open(kMeshServices) == 1; }));
  source_->take_changes();
  source_->write(std::vector<ResourceStatus>{{mesh::Kind::MeshService, "ns", "a", kVips},
                                             {mesh::Kind::MeshService, "ns", "b", kVips}});
  EXPECT_TRUE(run_until(io_, [&] { return !patches().empty(); }));
  EXPECT_THAT(patches(), ElementsAre(HasSubstr("/meshservices/b/status?")));
  // Another writer changes only the other one, and no build names it.
  EXPECT_TRUE(send(kMeshServices,
                   event("MODIFIED", mesh_service("a", R"({"vips":[{"ip":"241.0.0.1"}],)"
                                                       R"("addresses":[{"hostname":"x"}]})"))));
  EXPECT_THAT(source_->take_changes().resources.services, IsEmpty());
  EXPECT_TRUE(run_until(io_, [&] { return patches().size() == 2; }));
  EXPECT_THAT(patches().back(), HasSubstr("/meshservices/a/status?"));
  EXPECT_THAT(events_, ElementsAre("this instance writes the status of custom resources"));
}

TEST_F(SourceTest, NothingIsWrittenUnlessTheSettingsSaySo) {
  lists_["meshservices.kuma.io"] = definition("meshservices.kuma.io");
  lists_[kMeshServices] = mesh_service("a");
  start_synced();
  source_->write(std::vector<ResourceStatus>{{mesh::Kind::MeshService, "ns", "a", kVips}});
  EXPECT_TRUE(run_until(io_, [&] { return server_.open(kMeshServices) == 1; }));
  EXPECT_THAT(server_.requests(), Not(Contains(HasSubstr("leases"))));
  EXPECT_THAT(patches(), IsEmpty());
}

}  // namespace
}  // namespace kubernetes
