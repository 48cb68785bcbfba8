#include "kubernetes/api.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/http/fake_server.h"

namespace kubernetes {
namespace {

using Answer = FakeServer::Answer;
using testing::ElementsAre;
using testing::HasSubstr;

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    folder_ = std::filesystem::temp_directory_path() / ("api-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
  }
  ~ApiTest() override { std::filesystem::remove_all(folder_); }

  void use(Secret token) {
    Access access;
    access.server = server_.url();
    access.token = std::move(token);
    api_.emplace(std::move(access),
                 [this](const std::string& problem) { problems_.push_back(problem); });
  }
  std::string file(const std::string& text) {
    const std::string path = folder_ / "token";
    std::ofstream(path) << text;
    return path;
  }
  // The Authorization of a request.
  std::string authorization() {
    std::optional<http::Result<http::Response>> response;
    boost::asio::co_spawn(
        io_,
        [&]() -> boost::asio::awaitable<void> {
          http::Request request;
          request.target = "/a";
          response = co_await api_->fetch(std::move(request), {});
        },
        boost::asio::detached);
    EXPECT_TRUE(run_until(io_, [&] { return response.has_value(); }));
    return authorization_;
  }

  boost::asio::io_context io_{1};
  unsigned status_ = 200;
  std::string authorization_;
  FakeServer server_{io_, [this](const FakeServer::Request& request) {
                       const auto found = request.headers.find("authorization");
                       authorization_ = found == request.headers.end() ? "" : found->second;
                       return Answer{status_, ""};
                     }};
  std::filesystem::path folder_;
  std::optional<Api> api_;
  std::vector<std::string> problems_;
};

TEST_F(ApiTest, WhoWeAre) {
  use({});
  EXPECT_EQ(authorization(), "");
  use({"secret", ""});
  EXPECT_EQ(authorization(), "Bearer secret");
  use({"", file("from a file\n")});
  EXPECT_EQ(authorization(), "Bearer from a file");
}

TEST_F(ApiTest, ATokenThatIsRefusedIsReadAgain) {
  use({"", file("old")});
  EXPECT_EQ(authorization(), "Bearer old");
  file("new");
  EXPECT_EQ(authorization(), "Bearer old") << "it is still accepted";
  status_ = 401;
  EXPECT_EQ(authorization(), "Bearer old");
  EXPECT_EQ(authorization(), "Bearer new");
}

TEST_F(ApiTest, AFileThatCannotBeReadIsReportedOnceAndItsTextStaysInUse) {
  const std::string path = file("old");
  use({"", path});
  status_ = 401;
  EXPECT_EQ(authorization(), "Bearer old");
  file("");
  EXPECT_EQ(authorization(), "Bearer old");
  EXPECT_EQ(authorization(), "Bearer old");
  EXPECT_THAT(problems_, ElementsAre("credentials: " + path + ": is empty"));
  std::filesystem::remove(path);
  EXPECT_EQ(authorization(), "Bearer old");
  EXPECT_THAT(problems_.back(), HasSubstr(path));
  EXPECT_EQ(problems_.size(), 2u);
  file("new");
  EXPECT_EQ(authorization(), "Bearer new");
  EXPECT_EQ(problems_.size(), 2u);
}

TEST(ProblemTest, WhatIsReported) {
  const struct {
    const char* why;
    http::Response response;
    const char* text;
  } kCases[] = {
      {"a Status",
       {500, R"({"kind":"Status","message":"etcd is sad"})"},
       "listing: status 500: etcd is sad"},
      {"a text", {502, "bad gateway"}, "listing: status 502: bad gateway"},
      {"a long text is cut", {502, std::string(300, 'x')}, nullptr},
      {"not accepted",
       {401, "{}"},
       "listing: status 401: : the token or the client certificate is rejected"},
      {"not allowed",
       {403, "{}"},
       "listing: status 403: : give the service account this right by RBAC"},
  };
  for (const auto& row : kCases) {
    const std::string expected =
        row.text != nullptr ? row.text : "listing: status 502: " + std::string(200, 'x');
    EXPECT_EQ(problem("listing", row.response), expected) << row.why;
  }
  EXPECT_EQ(problem("listing", http::Error{http::Error::What::Closed, "cut"}), "listing: cut");
}

}  // namespace
}  // namespace kubernetes
