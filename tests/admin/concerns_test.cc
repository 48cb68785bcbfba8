#include "admin/concerns.h"

#include <gmock/gmock.h>

namespace admin {
namespace {

using mesh::Severity;
using testing::HasSubstr;
using State = dns::UpstreamStatus::State;

TEST(ConcernsTest, Readiness) {
  const struct {
    const char* why;
    Status status;
    Severity severity;
    const char* state;
    const char* detail;
  } kCases[] = {
      {"no table", {.age = 3.9}, Severity::Error, "Not ready", "There is no table yet, for 3 s."},
      {"no table, and why",
       {.age = 75, .waiting = "refused"},
       Severity::Error,
       "Not ready",
       "There is no table yet, for 1 min 15 s: refused"},
      {"the state file's",
       {.table = true, .age = 3},
       Severity::Warning,
       "Ready, from the state file",
       "Names are answered from the table that the state file kept; the sources have not confirmed "
       "it, for 3 s."},
      {"confirmed once",
       {.table = true, .confirmed = true, .age = 62, .waiting = "refused"},
       Severity::Warning,
       "Ready, and out of date",
       "Names are answered from a table that is 1 min 2 s old: refused"},
      {"confirmed",
       {.table = true, .confirmed = true},
       Severity::Notice,
       "Ready",
       "Names are answered from a table that the sources confirm."},
  };
  for (const auto& row : kCases) {
    const Readiness now = readiness(row.status);
    EXPECT_EQ(now.severity, row.severity) << row.why;
    EXPECT_EQ(now.state, row.state) << row.why;
    EXPECT_EQ(now.detail, row.detail) << row.why;
  }
}

vip::PoolUse pool(std::uint64_t usable, std::uint64_t used, std::uint64_t quarantined) {
  return {
      mesh::Kind::MeshService, *mesh::Cidr::parse("241.0.0.0/24"), usable, used, quarantined, 0};
}

TEST(ConcernsTest, HowFullAPoolIs) {
  const struct {
    const char* why;
    vip::PoolUse pool;
    unsigned percent;
    bool nearly;
  } kCases[] = {
      {"empty", pool(100, 0, 0), 0, false},
      {"below the line", pool(1000, 899, 0), 89, false},
      {"quarantine counts", pool(100, 80, 10), 90, true},
      {"full", pool(2, 2, 0), 100, true},
      {"nothing can be given out", pool(0, 0, 0), 100, true},
      {"a pool of IPv6 has no end", pool(~std::uint64_t{0}, 100'000, 0), 0, false},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(percent_used(row.pool), row.percent) << row.why;
    EXPECT_EQ(nearly_full(row.pool), row.nearly) << row.why;
  }
}

TEST(ConcernsTest, WhatIsSaid) {
  const struct {
    const char* why;
    void (*change)(Status&);
    Severity severity;
    const char* text;
  } kCases[] = {
      {"a service without VIP", [](Status& s) { s.summary.without_vip = 1; }, Severity::Error,
       "1 service has no VIP."},
      {"and several", [](Status& s) { s.summary.without_vip = 1200; }, Severity::Error,
       "1,200 services have no VIP."},
      {"collisions", [](Status& s) { s.summary.collisions = 2; }, Severity::Warning,
       "2 names are not given: another service has it (Collision)."},
      {"a full pool", [](Status& s) { s.summary.pools = {pool(2, 2, 0)}; }, Severity::Error,
       "The pool 241.0.0.0/24 of MeshService is full: 2 of 2 addresses are used"},
      {"a nearly full pool", [](Status& s) { s.summary.pools = {pool(100, 95, 0)}; },
       Severity::Warning, "is nearly full: 95 of 100"},
      {"an upstream that is silent",
       [](Status& s) {
         s.counters.upstreams = {{.address = {"192.0.2.1", 53}, .state = State::Failed}};
       },
       Severity::Warning, "The upstream 192.0.2.1:53 doesn't answer"},
      {"a loop",
       [](Status& s) {
         s.counters.upstreams = {{.address = {"192.0.2.1", 53}, .state = State::Loops}};
       },
       Severity::Error, "leads back to this server"},
      {"a table that isn't stored", [](Status& s) { s.stored = false; }, Severity::Warning,
       "The state file doesn't have the table for the next start"},
      {"what a source says",
       [](Status& s) {
         s.sources = {
             {.name = "files",
              .concerns = {{Severity::Warning, "1 resource keeps its last good version"}}}};
       },
       Severity::Warning, "1 resource keeps its last good version"},
      {"a source that is away",
       [](Status& s) { s.sources = {{.name = "kubernetes", .problem = "refused"}}; },
       Severity::Warning, "The source kubernetes can't be followed: refused"},
      {"an output that is late",
       [](Status& s) { s.outputs = {{.name = "status", .problem = "forbidden"}}; },
       Severity::Warning, "The output status is not up to date: forbidden"},
  };
  for (const auto& row : kCases) {
    Status status;
    row.change(status);
    const std::vector<pipeline::Concern> all = concerns(status);
    ASSERT_EQ(all.size(), 1u) << row.why;
    EXPECT_EQ(all[0].severity, row.severity) << row.why;
    EXPECT_THAT(all[0].text, HasSubstr(row.text)) << row.why;
  }
  EXPECT_TRUE(concerns({}).empty());
}

TEST(ConcernsTest, ErrorsComeFirstAndAllAreCounted) {
  Status status;
  EXPECT_EQ(concerns_text(status), "");
  status.summary.collisions = 1;
  EXPECT_EQ(concerns_text(status), "1 warning");
  status.summary.pools = {pool(2, 2, 0)};
  status.summary.problems = {{Severity::Error, {}, "", ""}, {Severity::Notice, {}, "", ""}};
  EXPECT_EQ(concerns(status).at(0).severity, Severity::Error);
  EXPECT_EQ(concerns_text(status), "2 errors, 1 warning");
}

}  // namespace
}  // namespace admin
