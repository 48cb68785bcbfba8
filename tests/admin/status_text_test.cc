#include "admin/status_text.h"

#include <gmock/gmock.h>

#include "admin/status.h"

namespace admin {
namespace {

using testing::HasSubstr;
using testing::Not;

Status example() {
  Status status{.version = "1.2.3",
                .uptime = 7300,
                .mode = "universal",
                .zone = "west",
                .mesh = "default",
                .listen = {"127.0.0.1:53", "[::1]:53"},
                .table = true,
                .confirmed = true,
                .generation = 12,
                .names = 7};
  status.summary.services = 5;
  status.summary.pools.push_back(
      {mesh::Kind::MeshService, *mesh::Cidr::parse("241.0.0.0/8"), 10, 3, 2, 4});
  status.sources = {{.name = "files",
                     .from = {"/etc/mesh-dns/resources"},
                     .complete = true,
                     .figures = {{"files", "", 2}, {"documents", "", 9}, {"kept", "", 0}}}};
  status.routes = {{".", {"192.0.2.1:53"}, "/etc/resolv.conf"}};
  status.counters.worker_queries = {5, 6};
  status.counters.udp_queries[0] = 11;
  status.counters.replies[0][0] = 11;
  status.counters.cache_bytes = 1536;
  status.cache_size = 16 << 20;
  return status;
}

std::string told(const Status& status) {
  const auto text = status_text(status_json(status));
  return text ? text->text : "nothing";
}

TEST(StatusTextTest, OfOneThatIsWell) {
  EXPECT_EQ(told(example()),
            "mesh-dns 1.2.3, up for 2 h 1 min: ready\n"
            "  serves    mesh default, zone west (universal), on 127.0.0.1:53, [::1]:53\n"
            "  table     confirmed by its sources\n"
            "            7 hostnames of 5 services, generation 12, made 0 times\n"
            "  problems  none\n"
            "  files     /etc/mesh-dns/resources: followed; files 2, documents 9\n"
            "  pools     241.0.0.0/8 MeshService: 3 of 10 used, 2 quarantined\n"
            "  forwards  . to 192.0.2.1:53, from /etc/resolv.conf\n"
            "  cache     0 answers, 1.5 KiB of 16.0 MiB\n"
            "  queries   11 by 2 workers (5, 6)\n"
            "            types: 11 A\n"
            "            from: 11 mesh\n"
            "            rcodes: 11 NOERROR\n");
}

TEST(StatusTextTest, WhatIsWrongIsTold) {
  struct Case {
    const char* why;
    void (*harm)(Status&);
    const char* line;
  };
  const Case kCases[] = {
      {"no table",
       [](Status& s) {
         s.table = s.confirmed = false;
         s.age = 3;
       },
       "table     none yet, for 3 s"},
      {"not ready", [](Status& s) { s.table = false; }, "up for 2 h 1 min: not ready"},
      {"the state file's",
       [](Status& s) {
         s.confirmed = false;
         s.age = 61;
       },
       "table     of the state file, for 1 min 1 s"},
      {"an old one",
       [](Status& s) {
         s.age = 90000;
         s.waiting = "refused";
       },
       "table     1 d 1 h old: refused"},
      {"a concern of the whole", [](Status& s) { s.summary.without_vip = 1; },
       "problems  error: 1 service has no VIP."},
      {"a problem with its place",
       [](Status& s) {
         s.summary.problems.push_back({mesh::Severity::Error,
                                       {std::make_shared<const std::string>("a.yaml"), 3, 5},
                                       "spec.template",
                                       "is broken"});
       },
       "problems  a.yaml:3:5: error: spec.template: is broken"},
      {"a problem without one",
       [](Status& s) {
         s.summary.problems.push_back({mesh::Severity::Warning, {}, "vip", "overlaps a route"});
       },
       "problems  warning: vip: overlaps a route"},
      {"a problem of a whole file",
       [](Status& s) {
         s.summary.problems.push_back({mesh::Severity::Warning,
                                       {std::make_shared<const std::string>("a.yaml"), 0, 0},
                                       "",
                                       "is empty"});
       },
       "problems  a.yaml: warning: is empty"},
      {"many problems", [](Status& s) { s.summary.problems.resize(25); }, "            and 5 more"},
      {"last good versions", [](Status& s) { s.sources[0].figures[2].value = 2; }, "kept 2"},
      {"an upstream",
       [](Status& s) {
         s.counters.upstreams.push_back({.address = {"192.0.2.1", 53},
                                         .state = dns::UpstreamStatus::State::Failed,
                                         .answers = 2,
                                         .silent = 3});
         s.counters.upstreams[0].durations.sum = std::chrono::milliseconds(5);
       },
       "upstreams 192.0.2.1:53: failed, 2 answers in 2.5 ms each on average, 3 silent"},
      {"an upstream that never answered",
       [](Status& s) {
         s.counters.upstreams.push_back({.address = {"192.0.2.1", 53}, .unreachable = 1});
       },
       "upstreams 192.0.2.1:53: well, 0 answers, 1 unreachable"},
      {"nobody to ask", [](Status& s) { s.routes[0].servers.clear(); }, ". to nobody"},
      {"a source that is away",
       [](Status& s) {
         s.sources.push_back({.name = "kubernetes",
                              .from = {"https://a:443"},
                              .complete = true,
                              .problem = "refused"});
       },
       "kubernetes https://a:443: refused"},
      {"a source that isn't received",
       [](Status& s) { s.sources.push_back({.name = "kubernetes", .from = {"https://a:443"}}); },
       "kubernetes https://a:443: not read yet"},
      {"a source",
       [](Status& s) {
         s.sources.push_back({.name = "kubernetes", .from = {"https://a:443"}, .complete = true});
       },
       "kubernetes https://a:443: followed"},
      {"clients refused", [](Status& s) { s.counters.refused = 4; }, "4 refused: client not in"},
  };
  for (const Case& row : kCases) {
    Status status = example();
    EXPECT_THAT(told(status), Not(HasSubstr(row.line))) << row.why;
    row.harm(status);
    EXPECT_THAT(told(status), HasSubstr(row.line)) << row.why;
  }
}

// Only some are told: an error of the last file must not be left out for warnings of the first.
TEST(StatusTextTest, ErrorsAreToldFirst) {
  Status status = example();
  for (int i = 0; i < 25; ++i) {
    status.summary.problems.push_back({mesh::Severity::Warning, {}, "", "w" + std::to_string(i)});
  }
  status.summary.problems.push_back({mesh::Severity::Error, {}, "", "is broken"});
  status.stored = false;
  EXPECT_THAT(told(status),
              HasSubstr("  problems  warning: The state file doesn't have the table"));
  EXPECT_THAT(told(status), HasSubstr("            error: is broken\n"
                                      "            warning: w0\n"
                                      "            warning: w1\n"));
  EXPECT_THAT(told(status), HasSubstr("            and 6 more\n"));
}

TEST(StatusTextTest, WhatIsNoStatus) {
  for (const char* text : {"", "{}", "[]", "ok\n", "{\"table\":5}"}) {
    EXPECT_FALSE(status_text(text)) << text;
  }
}

TEST(StatusTextTest, Durations) {
  const std::pair<double, const char*> kCases[] = {
      {-1, "0 s"},           {0.9, "0 s"},        {59, "59 s"},      {60, "1 min 0 s"},
      {3599, "59 min 59 s"}, {3600, "1 h 0 min"}, {90061, "1 d 1 h"}};
  for (const auto& [seconds, text] : kCases) EXPECT_EQ(duration_text(seconds), text);
}

TEST(StatusTextTest, Sizes) {
  const std::pair<double, const char*> kCases[] = {{0, "0 bytes"},
                                                   {1023, "1023 bytes"},
                                                   {1024, "1.0 KiB"},
                                                   {5e9, "4.7 GiB"},
                                                   {5e13, "46566.1 GiB"}};
  for (const auto& [bytes, text] : kCases) EXPECT_EQ(size_text(bytes), text);
}

}  // namespace
}  // namespace admin
