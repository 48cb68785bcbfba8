#include "app/admin.h"

#include <gmock/gmock.h>

namespace app {
namespace {

using testing::HasSubstr;

TEST(AdminTest, WhoIsReady) {
  const struct {
    const char* why;
    Report report;
    unsigned status;
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
    const http::Page page = admin_page("/readyz", row.report);
    EXPECT_EQ(page.status, row.status) << row.why;
    EXPECT_EQ(page.body, row.body) << row.why;
  }
}

TEST(AdminTest, Pages) {
  EXPECT_EQ(admin_page("/healthz", {}).status, 200u);
  EXPECT_EQ(admin_page("/", {}).status, 404u);
  EXPECT_EQ(admin_page("/readyz/", {}).status, 404u);
  EXPECT_EQ(admin_page("", {}).status, 404u);
}

TEST(AdminTest, Metrics) {
  Report report{.table = true, .age = 1.5, .names = 7};
  report.counters.udp_queries = 12;
  const http::Page page = admin_page("/metrics", report);
  EXPECT_THAT(page.content_type, HasSubstr("version=0.0.4"));
  for (const char* line :
       {"# HELP mesh_dns_names Names in the table.\n# TYPE mesh_dns_names gauge\nmesh_dns_names "
        "7\n",
        "# TYPE mesh_dns_udp_queries_total counter\nmesh_dns_udp_queries_total 12\n",
        "mesh_dns_ready 1\n", "mesh_dns_table_confirmed 0\n", "mesh_dns_table_age_seconds 1.5\n"}) {
    EXPECT_THAT(page.body, HasSubstr(line));
  }
}

}  // namespace
}  // namespace app
