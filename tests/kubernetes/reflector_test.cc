#include "kubernetes/reflector.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json.hpp>
#include <deque>

#include "tests/http/fake_server.h"

namespace kubernetes {
namespace {

using Answer = FakeServer::Answer;
using Then = FakeServer::Answer::Then;
using testing::ElementsAre;
using testing::HasSubstr;

// A list at `version` of objects with these names.
std::string list(const std::string& version, const std::vector<std::string>& names,
                 const std::string& token = "") {
  boost::json::array items;
  for (const std::string& name : names) {
    items.push_back(boost::json::object{{"metadata", boost::json::object{{"name", name}}}});
  }
  return boost::json::serialize(boost::json::object{
      {"metadata", {{"resourceVersion", version}, {"continue", token}}}, {"items", items}});
}
std::string event(const std::string& type, const std::string& name, const std::string& version) {
  return R"({"type":")" + type + R"(","object":{"metadata":{"name":")" + name +
         R"(","resourceVersion":")" + version + "\"}}}\n";
}
Answer watch(const std::string& events) {
  return {200, events, {}, Then::Open};
}
const std::string kGone = R"({"type":"ERROR","object":{"code":410,"message":"too old"}})"
                          "\n";

// "[a b]" for a list, "+a" and "-a" for events.
struct Log : Receiver {
  void begin() override { pending.clear(); }
  void item(boost::json::object& object) override {
    pending += (pending.empty() ? "" : " ") + decode_key(object).name;
  }
  void commit() override { text += '[' + pending + ']'; }
  void put(boost::json::object& object) override { text += '+' + decode_key(object).name; }
  void remove(const boost::json::object& object) override { text += '-' + decode_key(object).name; }
  std::string pending;
  std::string text;
};

// A reflector and a server that answers by a script, each step once, and then not any more.
class ReflectorTest : public testing::Test {
 protected:
  void follow(std::deque<Answer> script, Collection collection = {"/things", "", "", false}) {
    script_ = std::move(script);
    reflector_ = std::make_unique<Reflector>(
        std::move(collection), api_, log_,
        [this](const std::string& problem) { problems_.push_back(problem); }, [] { return 0.0; });
    boost::asio::co_spawn(
        io_, [this]() -> boost::asio::awaitable<void> { co_await reflector_->run(); },
        [this](const std::exception_ptr&) { ended_ = true; });
  }
  bool run_until_log(const std::string& text) {
    return run_until(io_, [&] { return log_.text == text; });
  }
  // Until the server has had that many requests.
  bool run_until_requests(std::size_t count) {
    return run_until(io_, [&] { return server_.requests().size() == count; });
  }

  boost::asio::io_context io_{1};
  std::deque<Answer> script_;
  std::vector<FakeServer::Request> requests_;
  FakeServer server_{io_, [this](const FakeServer::Request& request) {
                       requests_.push_back(request);
                       if (script_.empty()) return Answer{200, "", {}, Then::Silent};
                       Answer answer = std::move(script_.front());
                       script_.pop_front();
                       return answer;
                     }};
  Api api_{{.server = server_.url()}, [](const std::string& problem) { ADD_FAILURE() << problem; }};
  Log log_;
  std::vector<std::string> problems_;
  std::unique_ptr<Reflector> reflector_;
  bool ended_ = false;
};

TEST_F(ReflectorTest, ListsAndWatchesFromThere) {
  follow({{200, list("10", {"a", "b"})}, watch(event("ADDED", "c", "11"))});
  EXPECT_FALSE(reflector_->listed());
  EXPECT_TRUE(run_until_log("[a b]+c"));
  EXPECT_TRUE(reflector_->listed());
  server_.send("watch", event("MODIFIED", "a", "12") + event("DELETED", "b", "13") +
                            event("BOOKMARK", "x", "14") + event("UNHEARD-OF", "y", "15"));
  EXPECT_TRUE(run_until_log("[a b]+c+a-b"));
  EXPECT_GT(reflector_->received(), list("10", {"a", "b"}).size());
  EXPECT_THAT(server_.requests(),
              ElementsAre("GET /things?limit=500",
                          testing::ContainsRegex("GET /things\\?watch=true&allowWatchBookmarks=true"
                                                 "&timeoutSeconds=300&resourceVersion=10")));
  server_.close("watch");
  EXPECT_TRUE(run_until_requests(3));
  EXPECT_THAT(server_.requests().back(), HasSubstr("resourceVersion=15"));
  EXPECT_THAT(problems_, ElementsAre());
}

TEST_F(ReflectorTest, AListInPagesIsOne) {
  follow({{200, list("10", {"a"}, "more&")}, {200, list("10", {"b"})}});
  EXPECT_TRUE(run_until_log("[a b]"));
  EXPECT_EQ(server_.requests().at(1), "GET /things?limit=500&continue=more%26");
}

TEST_F(ReflectorTest, WhatIsAskedFor) {
  follow({{200, list("1", {})}}, {"/things", "kuma.io/mesh", "metadata.name=x", true});
  EXPECT_TRUE(run_until_requests(2));
  EXPECT_EQ(requests_[0].target,
            "/things?limit=500&labelSelector=kuma.io%2Fmesh&fieldSelector=metadata.name%3Dx");
  EXPECT_THAT(requests_[0].headers["accept"], HasSubstr("as=PartialObjectMetadataList"));
  EXPECT_THAT(requests_[1].headers["accept"], HasSubstr("as=PartialObjectMetadata;"));
}

// Each ends with a list that is good.
TEST_F(ReflectorTest, AListThatFailsIsListedAgain) {
  const Answer good{200, list("20", {"good"})};
  const struct {
    const char* why;
    Answer bad;
    const char* problem;
  } kCases[] = {
      {"not JSON", {200, "<html>"}, "not JSON of a list"},
      {"not a list", {200, "{}"}, "not JSON of a list"},
      {"items that are none",
       {200, R"({"items":5,"metadata":{"resourceVersion":"1"}})"},
       "not JSON of a list"},
      {"no version", {200, R"({"items":[],"metadata":{}})"}, "not JSON of a list"},
      {"a failure",
       {500, R"({"kind":"Status","message":"etcd is sad"})"},
       "listing /things: status 500: etcd is sad"},
      {"not allowed", {403, "{}"}, "status 403: : give the service account this right by RBAC"},
      {"cut", {200, "{", {}, Then::Cut}, "reading the answer"},
  };
  for (const auto& row : kCases) {
    log_.text.clear();
    problems_.clear();
    follow({row.bad, good});
    EXPECT_TRUE(run_until_log("[good]")) << row.why;
    EXPECT_THAT(problems_, ElementsAre(HasSubstr(row.problem), "")) << row.why;
    EXPECT_TRUE(run_until(io_, [&] { return server_.open("watch") == 1; })) << row.why;
    reflector_->stop();
    server_.close("");
    EXPECT_TRUE(run_until(io_, [&] { return std::exchange(ended_, false); })) << row.why;
  }
}

TEST_F(ReflectorTest, PagesThatExpireAreListedFromTheFirstOn) {
  follow({{200, list("10", {"a"}, "more")}, {410, "{}"}, {200, list("20", {"b"})}});
  EXPECT_TRUE(run_until_log("[b]"));
  EXPECT_THAT(problems_, ElementsAre("the pages of /things expired", ""));
}

TEST_F(ReflectorTest, AWatchThatExpiresIsListedAtOnce) {
  follow({{200, list("10", {"a"})},
          watch(event("ADDED", "b", "11") + kGone),
          {200, list("20", {"c"})}});
  EXPECT_TRUE(run_until_log("[a]+b[c]"));
  EXPECT_THAT(problems_, ElementsAre());
}

// What a watch can say after a list, before any event; then the list is asked for again.
TEST_F(ReflectorTest, AWatchThatFails) {
  const struct {
    const char* why;
    Answer bad;
    const char* problem;
    bool versions_compared;  // before the next watch
  } kCases[] = {
      {"expires as soon as it was listed", {410, R"({"message":"too old"})"}, "too old", false},
      {"so does an event", {200, kGone}, "too old", false},
      {"not JSON", {200, "garbage\n"}, "not JSON of an event", false},
      {"no object", {200, "{\"type\":\"ADDED\"}\n"}, "not JSON of an event", false},
      {"an error",
       {200, R"({"type":"ERROR","object":{"code":500,"message":"too sad"}})"
             "\n"},
       "watching /things: too sad",
       false},
      {"a failure", {500, R"({"message":"etcd is sad"})"}, "etcd is sad", true},
      {"ends at once", {200, ""}, "the watch of /things ended at once", true},
  };
  for (const auto& row : kCases) {
    log_.text.clear();
    problems_.clear();
    const std::size_t before = requests_.size();
    follow({{200, list("10", {"a"})},
            row.bad,
            {200, list("12", {"b"})},
            watch(event("ADDED", "c", "13"))});
    EXPECT_TRUE(run_until_log(row.versions_compared ? "[a]+c" : "[a][b]+c")) << row.why;
    EXPECT_THAT(problems_, ElementsAre(HasSubstr(row.problem), "")) << row.why;
    EXPECT_EQ(requests_.at(before + 2).target,
              row.versions_compared ? "/things?limit=1" : "/things?limit=500")
        << row.why;
    EXPECT_THAT(requests_.at(before + 3).target,
                HasSubstr(row.versions_compared ? "resourceVersion=10" : "resourceVersion=12"))
        << row.why;
    reflector_->stop();
    server_.close("");
    EXPECT_TRUE(run_until(io_, [&] { return std::exchange(ended_, false); })) << row.why;
  }
}

// Versions are numbers of any length.
TEST_F(ReflectorTest, AnOlderEtcdIsListedAgain) {
  follow({{200, list("100", {"a"})}, {500, ""}, {200, list("99", {})}, {200, list("99", {"old"})}});
  EXPECT_TRUE(run_until_log("[a][old]"));
}

TEST_F(ReflectorTest, StopEndsItAtItsNextStep) {
  follow({{200, list("10", {"a"})}, watch(event("ADDED", "b", "11"))});
  EXPECT_TRUE(run_until_log("[a]+b"));
  reflector_->stop();
  server_.send("watch", event("ADDED", "c", "12"));
  EXPECT_TRUE(run_until(io_, [&] { return ended_; }));
  EXPECT_EQ(log_.text, "[a]+b");
  EXPECT_THAT(problems_, ElementsAre());
}

}  // namespace
}  // namespace kubernetes
