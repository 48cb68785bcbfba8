#include "kubernetes/status_writer.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json.hpp>

#include "tests/http/fake_server.h"

namespace kubernetes {
namespace {

using Answer = FakeServer::Answer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kStatus = R"({"vips":[{"ip":"241.0.0.1"}]})";
const std::string kLeases = "/apis/coordination.k8s.io/v1/namespaces/ours/leases";

std::string lease(const std::string& holder) {
  return R"({"kind":"Lease","metadata":{"resourceVersion":"7"},"spec":{"holderIdentity":")" +
         holder + R"(","renewTime":"then","leaseDurationSeconds":15}})";
}

class StatusWriterTest : public testing::Test {
 protected:
  void start() {
    writer_ = std::make_unique<StatusWriter>(
        io_.get_executor(), api_, "me",
        [this](const std::string& problem) { problems_.push_back(problem); },
        [this](bool leading) { leading_.push_back(leading); });
    for (const auto run : {&StatusWriter::elect, &StatusWriter::write}) {
      boost::asio::co_spawn(
          io_,
          [writer = writer_.get(), run]() -> boost::asio::awaitable<void> {
            co_await (writer->*run)();
          },
          boost::asio::detached);
    }
  }
  void want(const std::string& name, bool subresource = false) {
    const CustomId id{CustomKind::MeshService, {"shop", name}};
    writer_->apply({{id, StatusWrite{id, "uid-" + name, subresource, kStatus}}});
  }
  bool run_until_requests(std::size_t count) {
    return run_until(io_, [&] { return server_.requests().size() == count; });
  }

  boost::asio::io_context io_{1};
  Answer get_{404, "{}"};  // of the lease
  Answer put_{200, "{}"};  // to writing it
  Answer patch_{200, R"({"status":)" + kStatus + '}'};
  std::vector<FakeServer::Request> requests_;
  FakeServer server_{
      io_, [this](const FakeServer::Request& request) {
        requests_.push_back(request);
        return request.method == "GET" ? get_ : request.method == "PATCH" ? patch_ : put_;
      }};
  Api api_{{.server = server_.url(), .name_space = "ours"},
           [](const std::string& problem) { ADD_FAILURE() << problem; }};
  std::vector<std::string> problems_;
  std::vector<bool> leading_;
  std::unique_ptr<StatusWriter> writer_;
  std::vector<std::unique_ptr<StatusWriter>> retired_;  // whose coroutines are still there
};

TEST_F(StatusWriterTest, WhichInstanceLeads) {
  const struct {
    const char* why;
    Answer get;
    Answer put;
    std::vector<std::string> requests;
    bool leads;
  } kCases[] = {
      {"no lease yet",
       {404, "{}"},
       {201, "{}"},
       {"GET " + kLeases + "/mesh-dns", "POST " + kLeases},
       true},
      {"ours",
       {200, lease("me")},
       {200, "{}"},
       {"GET " + kLeases + "/mesh-dns", "PUT " + kLeases + "/mesh-dns"},
       true},
      {"given up",
       {200, lease("")},
       {200, "{}"},
       {"GET " + kLeases + "/mesh-dns", "PUT " + kLeases + "/mesh-dns"},
       true},
      {"another's", {200, lease("you")}, {200, "{}"}, {"GET " + kLeases + "/mesh-dns"}, false},
      {"another was faster",
       {404, "{}"},
       {409, "{}"},
       {"GET " + kLeases + "/mesh-dns", "POST " + kLeases},
       false},
  };
  for (const auto& row : kCases) {
    boost::asio::io_context io{1};
    FakeServer server(io, [&](const FakeServer::Request& request) {
      return request.method == "GET" ? row.get : row.put;
    });
    Api api({.server = server.url(), .name_space = "ours"}, nullptr);
    std::vector<bool> leading;
    StatusWriter writer(
        io.get_executor(), api, "me", [](const std::string& problem) { ADD_FAILURE() << problem; },
        [&](bool leads) { leading.push_back(leads); });
    boost::asio::co_spawn(
        io, [&]() -> boost::asio::awaitable<void> { co_await writer.elect(); },
        boost::asio::detached);
    EXPECT_TRUE(run_until(io, [&] {
      return server.requests().size() == row.requests.size() && leading.size() == row.leads;
    })) << row.why;
    EXPECT_EQ(server.requests(), row.requests) << row.why;
  }
}

TEST_F(StatusWriterTest, WhatIsWritten) {
  start();
  want("web");
  want("api", true);
  EXPECT_TRUE(run_until_requests(4));
  EXPECT_THAT(leading_, ElementsAre(true));
  const std::string path = "PATCH /apis/kuma.io/v1alpha1/namespaces/shop/meshservices/";
  EXPECT_EQ(server_.requests()[2], path + "web?fieldManager=mesh-dns&force=true");
  EXPECT_EQ(server_.requests()[3], path + "api/status?fieldManager=mesh-dns&force=true");
  EXPECT_EQ(requests_[2].headers["content-type"], "application/apply-patch+yaml");
  EXPECT_EQ(boost::json::parse(requests_[2].body),
            boost::json::parse(R"({"apiVersion":"kuma.io/v1alpha1","kind":"MeshService",)"
                               R"("metadata":{"name":"web","namespace":"shop","uid":"uid-web"},)"
                               R"("status":)" +
                               kStatus + '}'));
}

TEST_F(StatusWriterTest, WhatIsDroppedIsNotWritten) {
  start();
  want("web");
  want("api");
  writer_->apply({{{CustomKind::MeshService, {"shop", "web"}}, std::nullopt}});
  EXPECT_TRUE(run_until_requests(3));
  EXPECT_THAT(server_.requests()[2], HasSubstr("/meshservices/api?"));
}

TEST_F(StatusWriterTest, WhoDoesNotLeadDoesNotWrite) {
  get_ = {200, lease("you")};
  start();
  want("web");
  EXPECT_TRUE(run_until_requests(1));
  // Whatever would follow has been sent before the answers to three requests in turn are here.
  want("api");
  int answered = 0;
  boost::asio::co_spawn(
      io_,
      [&]() -> boost::asio::awaitable<void> {
        while (answered < 3) {
          http::Request marker;
          marker.target = "/marker";
          co_await api_.fetch(std::move(marker), {});
          ++answered;
        }
      },
      boost::asio::detached);
  EXPECT_TRUE(run_until(io_, [&] { return answered == 3; }));
  EXPECT_THAT(server_.requests(), Not(Contains(StartsWith("PATCH"))));
}

TEST_F(StatusWriterTest, WhatIsAnsweredToAWrite) {
  const struct {
    const char* why;
    Answer answer;
    const char* problem;
  } kCases[] = {
      {"written", {200, R"({"status":)" + kStatus + '}'}, ""},
      {"ignored: status is a subresource by now", {200, "{}"}, ""},
      {"the resource is gone", {404, "{}"}, ""},
      {"another has its name", {409, "{}"}, ""},
      {"not allowed",
       {403, R"({"message":"no"})"},
       "writing the status of MeshService shop/web: status 403: no: give the service account this "
       "right by RBAC"},
  };
  for (const auto& row : kCases) {
    patch_ = row.answer;
    problems_.clear();
    start();
    want("web");
    EXPECT_TRUE(run_until(io_, [&] { return !problems_.empty(); })) << row.why;
    EXPECT_THAT(problems_, ElementsAre(row.problem)) << row.why;
    writer_->stop();
    retired_.push_back(std::move(writer_));
  }
}

TEST_F(StatusWriterTest, WhatKeepsTheLeaseFromBeingUsedIsReported) {
  get_ = {403, R"({"message":"no"})"};
  start();
  EXPECT_TRUE(run_until(io_, [&] { return !problems_.empty(); }));
  EXPECT_THAT(problems_.front(), StartsWith("reading the lease: status 403: no"));
  get_ = {404, "{}"};
  put_ = {500, "sad"};
  retired_.push_back(std::move(writer_));
  start();
  EXPECT_TRUE(run_until(io_, [&] { return problems_.size() == 2; }));
  EXPECT_THAT(problems_.back(), StartsWith("writing the lease: status 500: sad"));
}

}  // namespace
}  // namespace kubernetes
