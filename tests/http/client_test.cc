#include "http/client.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>
#include <optional>

#include "tests/http/fake_server.h"
#include "tests/tls/certificates.h"

namespace http {
namespace {

namespace asio = boost::asio;
using Answer = FakeServer::Answer;
using What = Error::What;
using Then = FakeServer::Answer::Then;
using testing::ElementsAre;
using testing::HasSubstr;

const tls::Identity kNobody;

class ClientTest : public testing::Test {
 protected:
  Result<Response> fetch(const Url& url, const tls::Identity& identity = kNobody,
                         Limits limits = {}) {
    return run(url, identity,
               [&](const Client& client) { return client.fetch({.target = "/a?b=c"}, limits); });
  }
  Result<Response> lines(const Url& url, std::function<bool(std::string_view)> line,
                         Limits limits = {}) {
    return run(url, kNobody, [&](const Client& client) {
      return client.lines({.target = "/a"}, limits, std::move(line));
    });
  }
  Result<Response> run(const Url& url, const tls::Identity& identity, auto send) {
    const Client client(url, identity);
    std::optional<Result<Response>> result;
    asio::co_spawn(
        io_, [&]() -> asio::awaitable<void> { result = co_await send(client); }, asio::detached);
    EXPECT_TRUE(run_until(io_, [&] { return result.has_value(); }));
    return *result;
  }

  asio::io_context io_{1};
};

TEST_F(ClientTest, WhatIsSent) {
  FakeServer::Request got;
  FakeServer server(io_, [&](const FakeServer::Request& request) {
    got = request;
    return Answer{};
  });
  Url url = server.url();
  url.path = "/base";
  run(url, kNobody, [](const Client& client) {
    return client.fetch(
        {.method = "PATCH", .target = "/a?b=c", .headers = {{"X-Y", "z"}}, .body = "text"}, {});
  });
  EXPECT_EQ(got.method, "PATCH");
  EXPECT_EQ(got.target, "/base/a?b=c");
  EXPECT_EQ(got.body, "text");
  EXPECT_EQ(got.headers["x-y"], "z");
  EXPECT_EQ(got.headers["host"], "127.0.0.1:" + std::to_string(url.port));
  EXPECT_EQ(got.headers["connection"], "close");
}

TEST_F(ClientTest, AnAnswerAsAWhole) {
  Answer answer;
  FakeServer server(io_, [&](const auto&) { return answer; });
  const struct {
    const char* why;
    Answer answer;
    unsigned retry_after;
  } kCases[] = {
      {"an answer", {200, "text"}, 0},
      {"an empty one", {204, ""}, 0},
      {"a failure has a body too", {500, "why"}, 0},
      {"Retry-After in seconds", {429, "", {{"Retry-After", "7"}}}, 7},
      {"Retry-After as a date is none", {503, "", {{"Retry-After", "Fri, 31 Dec 1999"}}}, 0},
  };
  for (const auto& row : kCases) {
    answer = row.answer;
    const auto response = fetch(server.url());
    ASSERT_TRUE(response) << row.why << ": " << response.error().text;
    EXPECT_EQ(response->status, row.answer.status) << row.why;
    EXPECT_EQ(response->body, row.answer.body) << row.why;
    EXPECT_EQ(response->retry_after, row.retry_after) << row.why;
  }
}

TEST_F(ClientTest, WhatAServerCanDoWrong) {
  using std::chrono::milliseconds;
  Answer answer;
  FakeServer server(io_, [&](const auto&) { return answer; });
  const Limits quick{.start = milliseconds(50), .silence = milliseconds(50)};
  const struct {
    const char* why;
    Answer answer;
    Limits limits;
    What what;
    const char* text;
  } kCases[] = {
      {"too large",
       {200, std::string(11, 'x')},
       {.body = 10},
       What::TooLarge,
       "the answer is larger than 10 bytes"},
      {"a header that is too large",
       {200, "", {{"X", std::string(100'000, 'y')}}},
       {},
       What::TooLarge,
       "reading the answer: the answer is too large"},
      {"ends in the middle", {200, "half", {}, Then::Cut}, {}, What::Closed, "reading the answer"},
      {"no HTTP", {200, "", {{"no colon\r\nat all", ""}}}, {}, What::Closed, "reading the answer"},
      {"no answer", {200, "", {}, Then::Silent}, quick, What::Timeout, "no answer in time"},
      {"no end", {200, "", {}, Then::Open}, quick, What::Timeout, "no answer in time"},
  };
  for (const auto& row : kCases) {
    answer = row.answer;
    const auto response = fetch(server.url(), kNobody, row.limits);
    ASSERT_FALSE(response) << row.why;
    EXPECT_EQ(response.error().what, row.what) << row.why << ": " << response.error().text;
    EXPECT_THAT(response.error().text, HasSubstr(row.text)) << row.why;
  }
}

TEST_F(ClientTest, WhereNobodyListens) {
  Url url;
  {
    asio::io_context other;
    url = FakeServer(other, nullptr).url();
  }
  const auto refused = fetch(url);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, What::Connect);
  EXPECT_THAT(refused.error().text, HasSubstr("connecting to " + to_string(url)));
  const auto missing = fetch(unix_url("/nonexistent/a.sock"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, What::Connect);
  const auto too_long = fetch(unix_url(std::string(200, 'x')));
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().text, HasSubstr("the path is too long for a socket"));
}

TEST_F(ClientTest, LinesComeAsTheServerSendsThem) {
  FakeServer server(io_, [](const auto&) { return Answer{200, "one\n\ntw", {}, Then::Open}; });
  std::vector<std::string> got;
  const auto response = lines(server.url(), [&](std::string_view line) {
    got.emplace_back(line);
    if (line == "one") server.send("/a", "o\nthree\nno line");
    if (line == "three") server.close("/a");
    return true;
  });
  ASSERT_TRUE(response) << response.error().text;
  EXPECT_THAT(got, ElementsAre("one", "two", "three"));
}

TEST_F(ClientTest, LinesEndWhenTheReceiverHasEnough) {
  FakeServer server(io_, [](const auto&) { return Answer{200, "one\ntwo\n", {}, Then::Open}; });
  std::vector<std::string> got;
  const auto response = lines(server.url(), [&](std::string_view line) {
    got.emplace_back(line);
    return false;
  });
  ASSERT_TRUE(response) << response.error().text;
  EXPECT_THAT(got, ElementsAre("one"));
}

TEST_F(ClientTest, LinesThatAreNotHandedOut) {
  Answer answer{404, "gone\nfor ever\n"};
  FakeServer server(io_, [&](const auto&) { return answer; });
  const auto line = [](std::string_view) {
    ADD_FAILURE() << "a line of a failure";
    return true;
  };
  const auto missing = lines(server.url(), line);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->body, "gone\nfor ever\n") << "the body of a failure";
  answer = {200, std::string(11, 'x')};
  const auto too_long = lines(server.url(), line, {.line = 10});
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().what, What::TooLarge);
  EXPECT_EQ(too_long.error().text, "a line of the answer is longer than 10 bytes");
}

TEST_F(ClientTest, OverTls) {
  const Certified authority = make_authority();
  const Certified other = make_authority();
  const Certified certified = make_certificate({"IP:127.0.0.1", "DNS:a.test"}, &authority);
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain(asio::buffer(certified.certificate));
  context.use_private_key(asio::buffer(certified.key), asio::ssl::context::pem);
  FakeServer server(
      io_,
      [](const auto&) {
        return Answer{200, "secret"};
      },
      &context);
  const struct {
    const char* why;
    tls::Identity identity;
    std::optional<What> what;
    const char* text;
  } kCases[] = {
      {"its address", {.ca = authority.certificate}, {}, ""},
      {"a name that is asked for", {.ca = authority.certificate, .server_name = "a.test"}, {}, ""},
      {"another name",
       {.ca = authority.certificate, .server_name = "b.test"},
       What::Tls,
       "hostname mismatch"},
      {"another authority",
       {.ca = other.certificate},
       What::Tls,
       "unable to get local issuer certificate"},
      {"not verified", {.verify = false}, {}, ""},
      {"a CA that is none", {.ca = "no PEM"}, What::Identity, "the CA's certificate"},
      {"a name that none can have",
       {.ca = authority.certificate, .server_name = std::string(300, 'a')},
       What::Tls,
       "no certificate can be for"},
  };
  for (const auto& row : kCases) {
    const auto response = fetch(server.url(), row.identity);
    ASSERT_EQ(response.has_value(), !row.what) << row.why;
    if (response) {
      EXPECT_EQ(response->body, "secret") << row.why;
    } else {
      EXPECT_EQ(response.error().what, *row.what) << row.why;
      EXPECT_THAT(response.error().text, HasSubstr(row.text)) << row.why;
    }
  }
}

TEST_F(ClientTest, TlsWithAServerThatHasNone) {
  FakeServer server(io_, [](const auto&) { return Answer{}; });
  Url url = server.url();
  url.tls = true;
  const auto response = fetch(url, {.verify = false});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().what, What::Tls);
}

}  // namespace
}  // namespace http
