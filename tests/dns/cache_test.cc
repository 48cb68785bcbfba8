// The cache as a function of time: every test says what time it is.
#include "dns/cache.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/dns/message.h"

namespace dns {
namespace {

using namespace std::chrono_literals;
using test::make_query;
using test::make_reply;
using test::ReplyOptions;

const Cache::Time kStart = Cache::Time() + 1h;

Question question(const std::string& qname, const std::string& qtype = "A") {
  const test::Bytes message = make_query(qname, qtype);
  Query query;
  EXPECT_EQ(parse(message, query), Parsed::Query);
  return Question(query);
}

std::shared_ptr<const Response> response(const ReplyOptions& options) {
  return std::make_shared<const Response>(*Response::read(make_reply("a.test", "A", options)));
}

std::shared_ptr<const Response> address(int ttl) {
  return response({.answer = {"a.test. " + std::to_string(ttl) + " A 192.0.2.1"}});
}

const auto kServfail = response({.rcode = 2});

TEST(CacheTest, KeepsForTheTtlAndCountsIt) {
  Cache cache({});
  const Question a = question("a.test");
  EXPECT_FALSE(cache.find(a, kStart).response);
  cache.put(a, address(60), kStart);
  const Hit hit = cache.find(a, kStart + 59'999ms);
  ASSERT_TRUE(hit.response);
  EXPECT_TRUE(hit.settled);
  EXPECT_TRUE(hit.given.cached);
  EXPECT_FALSE(hit.given.stale);
  EXPECT_EQ(hit.given.age, 59u);
  EXPECT_FALSE(cache.find(question("a.test", "AAAA"), kStart).response);
  EXPECT_FALSE(cache.find(question("b.test"), kStart).response);
}

TEST(CacheTest, TtlZeroIsNotKept) {
  Cache cache({});
  const Question a = question("a.test");
  cache.put(a, address(0), kStart);
  EXPECT_FALSE(cache.find(a, kStart).response);
  EXPECT_EQ(cache.usage().entries, 0u);
}

TEST(CacheTest, NoTtlIsLongerThanTheLongest) {
  Cache cache({.max_ttl = 10s, .stale_for = 0s});
  const Question a = question("a.test");
  cache.put(a, address(600), kStart);
  EXPECT_TRUE(cache.find(a, kStart + 9s).response);
  EXPECT_FALSE(cache.find(a, kStart + 10s).response);
}

TEST(CacheTest, StaleIsThereButNotSettled) {
  Cache cache({.stale_for = 100s});
  const Question a = question("a.test");
  cache.put(a, address(60), kStart);
  const Hit hit = cache.find(a, kStart + 61s);
  ASSERT_TRUE(hit.response);
  EXPECT_TRUE(hit.given.stale);
  EXPECT_FALSE(hit.settled);
  EXPECT_FALSE(cache.find(a, kStart + 160s).response);
  EXPECT_EQ(cache.usage().bytes, 0u);
}

TEST(CacheTest, AFailureIsKeptForALittleAndNeverStale) {
  Cache cache({});
  const Question a = question("a.test");
  cache.put(a, kServfail, kStart);
  EXPECT_TRUE(cache.find(a, kStart + 1s).settled);
  EXPECT_FALSE(cache.find(a, kStart + kFailureTtl).response);
}

TEST(CacheTest, AFailureSettlesTheStaleAnswerForALittle) {
  Cache cache({});
  const Question a = question("a.test");
  cache.put(a, address(60), kStart);
  cache.put(a, kServfail, kStart + 70s);
  const Hit hit = cache.find(a, kStart + 71s);
  ASSERT_TRUE(hit.response);
  EXPECT_EQ(hit.response->rcode(), Rcode::NoError);
  EXPECT_TRUE(hit.given.stale);
  EXPECT_TRUE(hit.settled) << "it isn't tried again at once";
  EXPECT_FALSE(cache.find(a, kStart + 70s + kFailureTtl).settled);
}

TEST(CacheTest, ANewAnswerTakesTheOldOnesPlace) {
  Cache cache({});
  const Question a = question("a.test");
  cache.put(a, kServfail, kStart);
  cache.put(a, address(60), kStart);
  EXPECT_EQ(cache.find(a, kStart).response->rcode(), Rcode::NoError);
  cache.put(a, response({.rcode = 3, .authority = {"test. 9 SOA a. b. 1 2 3 4 9"}}), kStart);
  EXPECT_EQ(cache.find(a, kStart).response->rcode(), Rcode::NxDomain);
  EXPECT_EQ(cache.usage().entries, 1u);
}

TEST(CacheTest, ThePopularAreRenewedInTheLastTenthByOneCaller) {
  Cache cache({});
  const Question a = question("a.test");
  cache.put(a, address(100), kStart);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(cache.find(a, kStart + 89s).renew);
  EXPECT_TRUE(cache.find(a, kStart + 90s).renew);
  EXPECT_FALSE(cache.find(a, kStart + 91s).renew) << "once";
  cache.put(a, address(100), kStart + 91s);
  EXPECT_FALSE(cache.find(a, kStart + 182s).renew) << "the count begins anew";
}

TEST(CacheTest, NothingIsRenewedThatFewAskForOrIfItIsOff) {
  Cache on({});
  Cache off({.prefetch = false});
  const Question a = question("a.test");
  on.put(a, address(100), kStart);
  off.put(a, address(100), kStart);
  EXPECT_FALSE(on.find(a, kStart + 95s).renew);
  EXPECT_FALSE(on.find(a, kStart + 95s).renew);
  EXPECT_TRUE(on.find(a, kStart + 95s).renew);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(off.find(a, kStart + 95s).renew);
}

TEST(CacheTest, StaysWithinItsSizeAndForgetsTheLeastAskedFor) {
  constexpr std::size_t kSize = 256 << 10;
  Cache cache({.size = kSize});
  const Question kept = question("kept.test");
  cache.put(kept, address(60), kStart);
  for (int i = 0; i < 5000; ++i) {
    cache.put(question("n" + std::to_string(i) + ".test"), address(60), kStart);
    ASSERT_LE(cache.usage().bytes, kSize);
    ASSERT_TRUE(cache.find(kept, kStart).response) << i;
  }
  EXPECT_GT(cache.usage().bytes, kSize * 9 / 10);
  EXPECT_FALSE(cache.find(question("n0.test"), kStart).response);
  EXPECT_TRUE(cache.find(question("n4999.test"), kStart).response);
  const Cache::Time too_late = kStart + 48h;
  EXPECT_FALSE(cache.find(kept, too_late).response);
  for (int i = 0; i < 5000; ++i) cache.find(question("n" + std::to_string(i) + ".test"), too_late);
  EXPECT_EQ(cache.usage().bytes, 0u) << "what goes is counted as what came";
}

TEST(CacheTest, OfSizeZeroItKeepsNothing) {
  Cache cache({.size = 0});
  cache.put(question("a.test"), address(60), kStart);
  EXPECT_EQ(cache.usage().entries, 0u);
}

TEST(CacheTest, AnyThreadMayAsk) {
  Cache cache({.size = 64 << 10});
  const auto ask = [&] {
    for (int i = 0; i < 3000; ++i) {
      const Question q = question("n" + std::to_string(i % 300) + ".test");
      if (!cache.find(q, kStart).response) cache.put(q, address(60), kStart);
    }
  };
  std::thread other(ask);
  ask();
  other.join();
  EXPECT_GT(cache.usage().entries, 0u);
}

}  // namespace
}  // namespace dns
