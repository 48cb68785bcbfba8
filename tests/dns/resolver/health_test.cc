// Which upstreams are asked in which order, as functions of what was seen and when.
#include "dns/resolver/health.h"

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

TEST(HealthTest, TheOrderInWhichUpstreamsAreAsked) {
  const struct {
    const char* why;
    std::vector<Health> servers;
    Order order;
  } kCases[] = {
      {"a healthy one is asked again and again", {failed(0)}, {0, 0, 0, 0}},
      {"two in turn", {failed(0), failed(0)}, {0, 1, 0, 1}},
      {"a failed one comes last", {failed(1), failed(0)}, {1, 0, 0, 1}},
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
    EXPECT_EQ(attempt_order(servers), c.order) << c.why;
  }
}

TEST(HealthTest, QueriesInFlightTogetherAreOneFailure) {
  Health health;
  health.failed(kStart, kStart + 1s);
  health.failed(kStart + 100ms, kStart + 1100ms);
  health.failed(kStart + 900ms, kStart + 1900ms);
  EXPECT_FALSE(health.dead());
  health.failed(kStart + 2s, kStart + 3s);
  health.failed(kStart + 4s, kStart + 5s);
  EXPECT_TRUE(health.dead());
}

TEST(HealthTest, ProbesComeEverLessOften) {
  Health health;
  EXPECT_FALSE(health.take_probe(kStart)) << "a healthy one needs none";
  health.failed(kStart, kStart);
  EXPECT_FALSE(health.take_probe(kStart + 999ms));
  EXPECT_TRUE(health.take_probe(kStart + 1s));
  EXPECT_FALSE(health.take_probe(kStart + 1s)) << "by one caller";
  health.failed(kStart + 1s, kStart + 2s);
  EXPECT_FALSE(health.take_probe(kStart + 3s));
  EXPECT_TRUE(health.take_probe(kStart + 4s));
  for (int i = 0; i < 40; ++i) health.failed(kStart + i * 1min, kStart + i * 1min);
  EXPECT_TRUE(health.take_probe(kStart + 39min + 32s)) << "every 32 s at least";
  health.answered();
  EXPECT_TRUE(health.healthy());
  EXPECT_FALSE(health.take_probe(kStart + 1h));
}

}  // namespace
}  // namespace dns
