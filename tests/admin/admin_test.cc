#include "admin/admin.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace admin {
namespace {

using testing::HasSubstr;

http::Page page_of(const char* target, const Status& status = {}) {
  return admin_page(http::parse_target(target), [&] { return status; });
}

TEST(AdminTest, WhoIsReady) {
  const struct {
    const char* why;
    Status status;
    unsigned code;
    const char* body;
  } kCases[] = {
      {"no table", {.age = 3.9}, 503, "no table yet for 3 s\n"},
      {"no table, and why",
       {.age = 3, .waiting = "refused"},
       503,
       "no table yet for 3 s: refused\n"},
      {"the state file's",
       {.table = true, .age = 3},
       200,
       "ready, with the table of the state file, for 3 s\n"},
      {"confirmed", {.table = true, .confirmed = true}, 200, "ready\n"},
      {"confirmed once",
       {.table = true, .confirmed = true, .age = 62, .waiting = "refused"},
       200,
       "ready, with a table that is 62 s old: refused\n"},
  };
  for (const auto& row : kCases) {
    const http::Page page = page_of("/readyz?verbose", row.status);
    EXPECT_EQ(page.status, row.code) << row.why;
    EXPECT_EQ(page.body, row.body) << row.why;
  }
}

TEST(AdminTest, Pages) {
  EXPECT_EQ(page_of("/healthz").status, 200u);
  EXPECT_EQ(page_of("/nope").status, 404u);
  EXPECT_EQ(page_of("/readyz/").status, 404u);
  EXPECT_EQ(page_of("").status, 404u);
}

TEST(AdminTest, StatusAsJson) {
  Status status{.version = "1.2.3", .mode = "universal", .listen = {"127.0.0.1:53"}};
  status.summary.problems.push_back({mesh::Severity::Error, {}, "spec.template", "is \"broken\""});
  status.summary.pools.push_back(
      {mesh::Kind::MeshService, *mesh::Cidr::parse("241.0.0.0/8"), 10, 3, 2, 4});
  status.counters.worker_queries = {5, 6};
  status.counters.replies[1][3] = 7;
  status.counters.upstreams.push_back(
      {.address = {"192.0.2.1", 53}, .state = dns::UpstreamStatus::State::Loops, .answers = 2});
  status.sources = {{.name = "kubernetes",
                     .from = {"https://10.96.0.1:443"},
                     .problem = "refused",
                     .figures = {{"received_bytes", "", 9, true}}}};
  status.outputs = {{.name = "dns", .figures = {{"names", "", 7}}}};
  const http::Page page = page_of("/status", status);
  EXPECT_EQ(page.content_type, "application/json");
  const boost::json::value json = boost::json::parse(page.body);
  EXPECT_EQ(json.at("version"), "1.2.3");
  EXPECT_EQ(json.at("listen").at(0), "127.0.0.1:53");
  EXPECT_EQ(json.at("problems").at(0).at("message"), "is \"broken\"");
  EXPECT_EQ(json.at("pools").at(0).at("pool"), "241.0.0.0/8");
  EXPECT_EQ(json.at("pools").at(0).at("used"), 3u);
  EXPECT_EQ(json.at("workers").at(1), 6u);
  EXPECT_EQ(json.at("queries").at("received"), 11u);
  EXPECT_EQ(json.at("queries").at("bySource").at("cache"), 7u);
  EXPECT_EQ(json.at("queries").at("byRcode").at("NXDOMAIN"), 7u);
  EXPECT_EQ(json.at("upstreams").at(0).at("state"), "loops");
  EXPECT_EQ(json.at("sources").at(0).at("name"), "kubernetes");
  EXPECT_EQ(json.at("sources").at(0).at("from").at(0), "https://10.96.0.1:443");
  EXPECT_EQ(json.at("sources").at(0).at("complete"), false);
  EXPECT_EQ(json.at("sources").at(0).at("problem"), "refused");
  EXPECT_EQ(json.at("sources").at(0).at("figures").at("received_bytes"), 9u);
  EXPECT_EQ(json.at("outputs").at(0).at("figures").at("names"), 7u);
}

}  // namespace
}  // namespace admin
