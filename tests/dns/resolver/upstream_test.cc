// Whom is asked, and in what order, as functions of what was seen and when.
#include "dns/resolver/upstream.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

using namespace std::chrono_literals;
using Order = std::vector<std::size_t>;

const Health::Time kStart = Health::Time() + 1h;

Health failed(unsigned times) {
  Health health;
  for (unsigned i = 0; i < times; ++i) health.failed(kStart + i * 1s, kStart + i * 1s);
  return health;
}

TEST(UpstreamTest, TheLongestZoneDecides) {
  const Routes routes = {{*Name::parse("example.org"), {{"192.0.2.1", 53}}},
                         {*Name::parse("."), {{"192.0.2.2", 53}}},
                         {*Name::parse("a.example.org"), {{"192.0.2.3", 5353}}}};
  const struct {
    const char* qname;
    const char* server;
  } kCases[] = {
      {"example.org", "192.0.2.1:53"},     {"www.example.org", "192.0.2.1:53"},
      {"a.example.org", "192.0.2.3:5353"}, {"b.a.example.org", "192.0.2.3:5353"},
      {"xexample.org", "192.0.2.2:53"},    {"org", "192.0.2.2:53"},
      {"www.EXAMPLE.org", "192.0.2.1:53"}, {"xa.example.org", "192.0.2.1:53"},
  };
  for (const auto& c : kCases) {
    const Route* route = find_route(routes, *Name::parse(c.qname));
    ASSERT_NE(route, nullptr) << c.qname;
    EXPECT_EQ(to_string(route->servers.front()), c.server) << c.qname;
  }
  EXPECT_EQ(find_route({routes.front()}, *Name::parse("example.net")), nullptr);
}

TEST(UpstreamTest, TheOrderInWhichServersAreAsked) {
  const struct {
    const char* why;
    std::vector<Health> servers;
    Order order;
  } kCases[] = {
      {"one that is well is asked again and again", {failed(0)}, {0, 0, 0, 0}},
      {"two in turn", {failed(0), failed(0)}, {0, 1, 0, 1}},
      {"one that failed comes last", {failed(1), failed(0)}, {1, 0, 0, 1}},
      {"a dead one is asked once", {failed(3), failed(0)}, {1, 0, 1, 1}},
      {"if all are dead, each once", {failed(3), failed(9)}, {0, 1}},
      {"no more than kMaxAttempts",
       {failed(0), failed(0), failed(0), failed(0), failed(0)},
       {0, 1, 2, 3}},
      {"nobody", {}, {}},
  };
  for (const auto& c : kCases) {
    std::vector<const Health*> servers;
    for (const Health& health : c.servers) servers.push_back(&health);
    EXPECT_EQ(plan(servers), c.order) << c.why;
  }
}

TEST(UpstreamTest, QueriesThatWereUnderWayTogetherAreOneFailure) {
  Health health;
  health.failed(kStart, kStart + 1s);
  health.failed(kStart + 100ms, kStart + 1100ms);
  health.failed(kStart + 900ms, kStart + 1900ms);
  EXPECT_FALSE(health.dead());
  health.failed(kStart + 2s, kStart + 3s);
  health.failed(kStart + 4s, kStart + 5s);
  EXPECT_TRUE(health.dead());
}

TEST(UpstreamTest, ProbesComeEverLessOften) {
  Health health;
  EXPECT_FALSE(health.probe(kStart)) << "one that is well needs none";
  health.failed(kStart, kStart);
  EXPECT_FALSE(health.probe(kStart + 999ms));
  EXPECT_TRUE(health.probe(kStart + 1s));
  EXPECT_FALSE(health.probe(kStart + 1s)) << "by one caller";
  health.failed(kStart + 1s, kStart + 2s);
  EXPECT_FALSE(health.probe(kStart + 3s));
  EXPECT_TRUE(health.probe(kStart + 4s));
  for (int i = 0; i < 40; ++i) health.failed(kStart + i * 1min, kStart + i * 1min);
  EXPECT_TRUE(health.probe(kStart + 39min + 32s)) << "every 32 s at least";
  health.answered();
  EXPECT_TRUE(health.well());
  EXPECT_FALSE(health.probe(kStart + 1h));
}

TEST(UpstreamTest, AddressesAsTheyAreWritten) {
  EXPECT_EQ(to_string(UpstreamAddress{"192.0.2.1", 53}), "192.0.2.1:53");
  EXPECT_EQ(to_string(UpstreamAddress{"fe80::1%eth0", 5353}), "[fe80::1%eth0]:5353");
}

}  // namespace
}  // namespace dns
