// The resolver with upstreams whose answers the test gives. Nothing sleeps: the test waits for what
// must happen, and lets the resolver's thread catch up before it says that something did not.
#include "dns/resolver/resolver.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "tests/dns/message.h"
#include "tests/dns/resolver/fake_upstreams.h"

namespace dns {
namespace {

using namespace std::chrono_literals;
using test::FakeUpstreams;
using test::make_query;
using test::ReplyOptions;
using Outcome = TransportResult::Outcome;

constexpr ClientAddress client(std::uint8_t last) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last};
}

Question question(const std::string& qname, const std::string& qtype = "A") {
  const test::Bytes message = make_query(qname, qtype);
  Query query;
  EXPECT_EQ(parse(message, query), Parsed::Query);
  return Question(query);
}

const ReplyOptions kAddress{.answer = {"www.test. 60 A 192.0.2.80"}};

// Where a response comes from: "NOERROR 60 A 192.0.2.80", "SERVFAIL ede=22", "stale NOERROR ...".
std::string text(const Question& question, const Resolved& resolved) {
  if (!resolved.response) {
    return "failure: " + std::string(resolved.failure.text);
  }
  const test::Bytes message =
      make_query(Name::from_wire(question.qname()).to_string(),
                 "TYPE" + std::to_string(question.qtype()), {.edns = test::EdnsOptions{}});
  Query query;
  parse(message, query);
  test::Bytes out(kMaxMessage);
  const Answer answer = give(query, *resolved.response, resolved.given, Transport::Tcp, out);
  const test::Message read = test::read(std::span(out).first(answer.size));
  std::string line = resolved.given.stale ? "stale " : resolved.given.cached ? "cached " : "";
  line += read.rcode;
  if (read.ede && !resolved.given.stale) line += " ede=" + std::to_string(*read.ede);
  for (const std::string& record : read.answer) line += record.substr(record.find(' '));
  return line;
}

// What was delivered to clients, and what was reported of upstreams.
class Mailbox {
 public:
  void put(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  std::string next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, test::kPatience, [&] { return !lines_.empty(); }))
      return "nothing";
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return {lines_.begin(), lines_.end()};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
};

UpstreamAddress upstream(std::size_t i) {
  return {"192.0.2." + std::to_string(i + 1), 53};
}

std::string_view to_string(UpstreamChange change) {
  switch (change) {
    case UpstreamChange::Failed:
      return "failed";
    case UpstreamChange::Back:
      return "back";
    case UpstreamChange::Loops:
      return "loops";
    case UpstreamChange::LoopsNoMore:
      return "loops no more";
    case UpstreamChange::LosesCase:
      return "loses case";
  }
  return "";
}

struct Options {
  std::size_t upstreams = 1;
  unsigned max_in_flight = 1000;
  unsigned max_in_flight_per_client = 100;
  std::chrono::milliseconds stale_after = 1h;
};

class Fixture {
 public:
  explicit Fixture(const Options& options = {})
      : cache_({}), resolver_(settings(options), cache_, upstreams.factory()) {
    Route route{Name(), {}};
    for (std::size_t i = 0; i < options.upstreams; ++i) route.servers.push_back(upstream(i));
    resolver_.use({route});
    for (std::size_t i = 0; i < options.upstreams; ++i)
      probes.push_back(upstreams.next_loop_probe());
  }

  void resolve(const Question& question, const ClientAddress& from = client(1)) {
    resolver_.resolve(question, from, [this, question](const Resolved& resolved) {
      delivered.put(text(question, resolved));
    });
  }
  // Puts a response into the cache that expired a minute ago.
  void cache_stale(const std::string& qname, const ReplyOptions& options) {
    const auto response = Response::read(test::make_reply(qname, "A", options));
    const auto then = Cache::Time::clock::now() - std::chrono::seconds(response->ttl()) - 60s;
    cache_.put(question(qname), std::make_shared<const Response>(*response), then);
  }

  Resolver& operator*() { return resolver_; }
  Resolver* operator->() { return &resolver_; }

  FakeUpstreams upstreams;
  Mailbox delivered;
  Mailbox reports;
  std::vector<FakeUpstreams::Asked> probes;  // the first loop probe of each upstream

 private:
  ResolverSettings settings(const Options& options) {
    ResolverSettings settings;
    settings.max_in_flight = options.max_in_flight;
    settings.max_in_flight_per_client = options.max_in_flight_per_client;
    settings.stale_after = options.stale_after;
    settings.report = [this](const UpstreamAddress& address, UpstreamChange change) {
      reports.put(dns::to_string(address) + ' ' + std::string(to_string(change)));
    };
    return settings;
  }

  Cache cache_;
  Resolver resolver_;
};

TransportResult reply(const ReplyOptions& options) {
  return {Outcome::Reply, test::make_reply("www.test", "A", options), false};
}

TEST(ResolverTest, Failover) {
  struct Step {
    std::size_t upstream;
    TransportResult result;
  };
  const TransportResult ok = reply(kAddress);
  const TransportResult timeout{};
  const TransportResult unreachable{Outcome::Unreachable, {}, false};
  const TransportResult garbage{Outcome::Reply, {1, 2, 3}, false};
  const TransportResult lost_case{Outcome::Timeout, {}, true};
  const TransportResult servfail = reply({.rcode = 2});
  const TransportResult refused = reply({.rcode = 5});
  const std::string kOk = "NOERROR 60 A 192.0.2.80";
  const std::string kNobody = "SERVFAIL ede=22";
  const struct {
    const char* why;
    std::size_t upstreams;
    std::vector<Step> steps;  // who is asked, and how it ends
    std::string delivered;
    std::vector<std::string> reports;
  } kCases[] = {
      {"the first one answers", 2, {{0, ok}}, kOk, {}},
      {"NXDOMAIN is an answer", 2, {{0, reply({.rcode = 3})}}, "NXDOMAIN", {}},
      {"a timeout: the next", 2, {{0, timeout}, {1, ok}}, kOk, {"192.0.2.1:53 failed"}},
      {"after all timed out, the first again",
       2,
       {{0, timeout}, {1, timeout}, {0, ok}},
       kOk,
       {"192.0.2.1:53 failed", "192.0.2.2:53 failed", "192.0.2.1:53 back"}},
      {"four attempts at most",
       1,
       {{0, timeout}, {0, timeout}, {0, timeout}, {0, timeout}},
       kNobody,
       {"192.0.2.1:53 failed"}},
      {"an unreachable one is not asked twice",
       2,
       {{0, unreachable}, {1, timeout}, {1, ok}},
       kOk,
       {"192.0.2.1:53 failed", "192.0.2.2:53 failed", "192.0.2.2:53 back"}},
      {"all are unreachable",
       2,
       {{0, unreachable}, {1, unreachable}},
       kNobody,
       {"192.0.2.1:53 failed", "192.0.2.2:53 failed"}},
      {"a reply that is no message counts as unreachable",
       2,
       {{0, garbage}, {1, ok}},
       kOk,
       {"192.0.2.1:53 failed"}},
      {"one that could not is healthy, but not asked twice", 2, {{0, servfail}, {1, ok}}, kOk, {}},
      {"the first refusal is better than none", 2, {{0, refused}, {1, servfail}}, "REFUSED", {}},
      {"a refusal is better than a timeout",
       2,
       {{0, timeout}, {1, refused}, {0, timeout}},
       "REFUSED",
       {"192.0.2.1:53 failed"}},
      {"one that lost the case is asked again at once, and stays healthy",
       2,
       {{0, lost_case}, {0, ok}},
       kOk,
       {"192.0.2.1:53 loses case"}},
      {"nobody to ask", 0, {}, kNobody, {}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture resolver({.upstreams = c.upstreams});
    resolver.resolve(question("www.test"));
    for (const Step& step : c.steps) {
      const FakeUpstreams::Asked asked = resolver.upstreams.next();
      EXPECT_EQ(asked.upstream, to_string(upstream(step.upstream)));
      EXPECT_EQ(asked.question, "www.test. 1");
      EXPECT_LE(asked.timeout, 1s);
      resolver.upstreams.end(asked, step.result);
    }
    EXPECT_EQ(resolver.delivered.next(), c.delivered);
    EXPECT_TRUE(resolver.upstreams.idle()) << "somebody is asked for nothing";
    EXPECT_EQ(resolver.reports.all(), c.reports);
    EXPECT_EQ(resolver->counts().questions.value(), 1u);
    EXPECT_EQ(resolver->counts().failures.value(),
              c.delivered == kNobody || c.delivered == "REFUSED" ? 1u : 0u);
  }
}

TEST(ResolverTest, AFailedUpstreamIsAskedAfterTheHealthy) {
  Fixture resolver({.upstreams = 2});
  resolver.resolve(question("a.test"));
  resolver.upstreams.time_out(resolver.upstreams.next());
  resolver.upstreams.reply(resolver.upstreams.next(), kAddress);
  resolver.delivered.next();
  resolver.resolve(question("b.test"));
  EXPECT_EQ(resolver.upstreams.next().upstream, "192.0.2.2:53");
  const std::vector<UpstreamStatus> all = resolver->upstreams();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].state, UpstreamStatus::State::Failed);
  EXPECT_EQ(all[0].silent, 1u);
  EXPECT_EQ(all[1].state, UpstreamStatus::State::Well);
  EXPECT_EQ(all[1].answers, 1u);
  EXPECT_EQ(all[1].durations.count(), 1u);
}

TEST(ResolverTest, AQuestionInFlightIsCoalesced) {
  Fixture resolver;
  const char* const kQuestions[] = {"www.test", "WWW.test", "www.test"};
  for (const char* qname : kQuestions) resolver.resolve(question(qname));
  resolver.resolve(question("www.test", "AAAA"));
  resolver.resolve(question("other.test"));
  const FakeUpstreams::Asked asked = resolver.upstreams.next();
  EXPECT_EQ(asked.question, "www.test. 1");
  EXPECT_EQ(resolver.upstreams.next().question, "www.test. 28")
      << "another type is another question";
  EXPECT_EQ(resolver.upstreams.next().question, "other.test. 1") << "another name, too";
  EXPECT_TRUE(resolver.upstreams.idle());
  EXPECT_EQ(resolver->counts().coalesced.value(), 2u);
  EXPECT_TRUE(resolver.delivered.all().empty());
  resolver.upstreams.reply(asked, kAddress);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(resolver.delivered.next(), "NOERROR 60 A 192.0.2.80");
  resolver.resolve(question("www.test"));
  EXPECT_EQ(resolver.delivered.next(), "cached NOERROR 60 A 192.0.2.80") << "not asked again";
  EXPECT_EQ(resolver->counts().questions.value(), 3u);
}

TEST(ResolverTest, LimitsOfWhatIsInFlight) {
  const std::string kTooMany = "failure: too many in flight";
  struct Asker {
    const char* qname;
    ClientAddress client;
  };
  const ClientAddress here = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  const struct {
    const char* why;
    Options options;
    std::vector<Asker> askers;
    std::size_t rejected;  // the last of them
  } kCases[] = {
      {"in all",
       {.max_in_flight = 2},
       {{"a.test", client(1)}, {"b.test", client(2)}, {"c.test", client(3)}},
       1},
      {"coalesced ones count, too",
       {.max_in_flight = 2},
       {{"a.test", client(1)}, {"a.test", client(2)}, {"a.test", client(3)}, {"b.test", client(4)}},
       2},
      {"of a client",
       {.max_in_flight_per_client = 1},
       {{"a.test", client(1)}, {"b.test", client(2)}, {"c.test", client(2)}},
       1},
      {"not of clients on this host",
       {.max_in_flight_per_client = 1},
       {{"a.test", here}, {"b.test", here}, {"c.test", here}},
       0},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture resolver(c.options);
    for (const Asker& asker : c.askers) resolver.resolve(question(asker.qname), asker.client);
    for (std::size_t i = 0; i < c.rejected; ++i) EXPECT_EQ(resolver.delivered.next(), kTooMany);
    const FakeUpstreams::Asked first = resolver.upstreams.next();
    while (!resolver.upstreams.idle()) resolver.upstreams.next();
    EXPECT_TRUE(resolver.delivered.all().empty());
    EXPECT_EQ(resolver->counts().limited.value(), c.rejected);
    // Its end makes room.
    resolver.upstreams.reply(first, kAddress);
    EXPECT_EQ(resolver.delivered.next(), "NOERROR 60 A 192.0.2.80");
    resolver.resolve(question("last.test"), c.askers.front().client);
    EXPECT_EQ(resolver.upstreams.next().question, "last.test. 1");
  }
}

TEST(ResolverTest, ABacklogLeavesNoRoom) {
  Fixture resolver({.max_in_flight = 2});
  resolver.upstreams.pause();
  EXPECT_TRUE(resolver->has_room());
  resolver.resolve(question("a.test"));
  EXPECT_TRUE(resolver->has_room());
  resolver.resolve(question("b.test"));
  EXPECT_FALSE(resolver->has_room());
  resolver.upstreams.resume();
  resolver.upstreams.next();
  resolver.upstreams.next();
  EXPECT_TRUE(resolver->has_room());
}

TEST(ResolverTest, AStaleResponseIsServedWhenTheClientWouldWaitTooLong) {
  Fixture resolver({.stale_after = 0ms});
  resolver.cache_stale("www.test", {.answer = {"www.test. 60 A 192.0.2.1"}});
  resolver.resolve(question("www.test"));
  const FakeUpstreams::Asked asked = resolver.upstreams.next();
  EXPECT_EQ(resolver.delivered.next(), "stale NOERROR 30 A 192.0.2.1");
  resolver.resolve(question("www.test"));
  EXPECT_EQ(resolver.delivered.next(), "stale NOERROR 30 A 192.0.2.1") << "a late client at once";
  EXPECT_TRUE(resolver.upstreams.idle()) << "it is still in flight";
  resolver.upstreams.reply(asked, kAddress);
  EXPECT_TRUE(resolver.upstreams.idle());
  resolver.resolve(question("www.test"));
  EXPECT_EQ(resolver.delivered.next(), "cached NOERROR 60 A 192.0.2.80") << "the answer was cached";
}

TEST(ResolverTest, WithoutAStaleResponseClientsWait) {
  Fixture resolver({.stale_after = 0ms});
  resolver.resolve(question("www.test"));
  const FakeUpstreams::Asked asked = resolver.upstreams.next();
  EXPECT_TRUE(resolver.upstreams.idle());
  EXPECT_TRUE(resolver.delivered.all().empty());
  resolver.upstreams.reply(asked, kAddress);
  EXPECT_EQ(resolver.delivered.next(), "NOERROR 60 A 192.0.2.80");
}

TEST(ResolverTest, AStaleResponseIsBetterThanAFailure) {
  const struct {
    const char* why;
    TransportResult result;
    std::string delivered;
  } kCases[] = {
      {"SERVFAIL", reply({.rcode = 2}), "stale NOERROR 30 A 192.0.2.1"},
      {"unreachable", {Outcome::Unreachable, {}, false}, "stale NOERROR 30 A 192.0.2.1"},
      {"an answer is better", reply(kAddress), "NOERROR 60 A 192.0.2.80"},
      {"NXDOMAIN is one", reply({.rcode = 3}), "NXDOMAIN"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture resolver;
    resolver.cache_stale("www.test", {.answer = {"www.test. 60 A 192.0.2.1"}});
    resolver.resolve(question("www.test"));
    resolver.upstreams.end(resolver.upstreams.next(), c.result);
    EXPECT_EQ(resolver.delivered.next(), c.delivered);
  }
}

TEST(ResolverTest, APrefetchAsksOnceAndDeliversToNobody) {
  Fixture resolver;
  resolver->prefetch(question("www.test"));
  resolver->prefetch(question("www.test"));
  const FakeUpstreams::Asked asked = resolver.upstreams.next();
  EXPECT_TRUE(resolver.upstreams.idle());
  resolver.upstreams.reply(asked, kAddress);
  EXPECT_TRUE(resolver.upstreams.idle());
  EXPECT_EQ(resolver->counts().prefetches.value(), 1u);
  resolver.resolve(question("www.test"));
  EXPECT_EQ(resolver.delivered.next(), "cached NOERROR 60 A 192.0.2.80");
}

TEST(ResolverTest, AnUpstreamThatLeadsBackIsNotAsked) {
  Fixture resolver({.upstreams = 2});
  const std::string probe =
      resolver.probes[0].question.substr(0, resolver.probes[0].question.find(' '));
  Qname qname;
  const Name name = *Name::parse(probe);
  qname.assign(reinterpret_cast<const std::uint8_t*>(name.wire().data()), name.wire().size());
  EXPECT_TRUE(resolver->is_own_probe(qname));
  EXPECT_EQ(resolver.reports.next(), "192.0.2.1:53 loops");
  resolver.upstreams.reply(resolver.probes[0], {.rcode = 5});
  resolver.upstreams.reply(resolver.probes[1], {.rcode = 3});
  resolver.resolve(question("www.test"));
  EXPECT_EQ(resolver.upstreams.next().upstream, "192.0.2.2:53");
  EXPECT_TRUE(resolver.reports.all().empty());
  EXPECT_EQ(resolver->upstreams()[0].state, UpstreamStatus::State::Loops);
  EXPECT_EQ(resolver->upstreams()[1].state, UpstreamStatus::State::Well);
}

TEST(ResolverTest, ATimeoutIsAReasonToProbeAgain) {
  Fixture resolver;
  resolver.upstreams.time_out(resolver.probes[0]);
  resolver.resolve(question("www.test"));
  resolver.upstreams.time_out(resolver.upstreams.next());
  EXPECT_EQ(resolver.upstreams.next_loop_probe().question, resolver.probes[0].question);
}

TEST(ResolverTest, ALoopProbeThatLostTheCaseIsReported) {
  Fixture resolver;
  resolver.upstreams.end(resolver.probes[0], {Outcome::Timeout, {}, true});
  EXPECT_EQ(resolver.reports.next(), "192.0.2.1:53 loses case");
}

TEST(ResolverTest, NewRoutesKeepWhatIsKnownAndWhatIsInFlight) {
  Fixture resolver({.upstreams = 2});
  resolver.resolve(question("www.test"));
  const FakeUpstreams::Asked asked = resolver.upstreams.next();
  EXPECT_EQ(asked.upstream, "192.0.2.1:53");
  resolver->use({{Name(), {upstream(2), upstream(1)}}, {*Name::parse("corp.test"), {upstream(1)}}});
  EXPECT_EQ(resolver.upstreams.next_loop_probe().upstream, "192.0.2.3:53");
  EXPECT_EQ(resolver.upstreams.made(), 3u) << "the second upstream stays";
  resolver.resolve(question("other.test"));
  EXPECT_EQ(resolver.upstreams.next().upstream, "192.0.2.3:53");
  resolver.resolve(question("db.corp.test"));
  EXPECT_EQ(resolver.upstreams.next().upstream, "192.0.2.2:53");
  std::vector<std::string> addresses;
  for (const UpstreamStatus& status : resolver->upstreams()) {
    addresses.push_back(to_string(status.address));
  }
  EXPECT_EQ(addresses, (std::vector<std::string>{"192.0.2.3:53", "192.0.2.2:53"}));
  resolver.upstreams.reply(asked, kAddress);
  EXPECT_EQ(resolver.delivered.next(), "NOERROR 60 A 192.0.2.80");
}

TEST(ResolverTest, AfterAbandonNothingIsDelivered) {
  Fixture resolver;
  const auto held = std::make_shared<int>();
  resolver->resolve(question("www.test"), client(1),
                    [&, held](const Resolved&) { resolver.delivered.put("something"); });
  const FakeUpstreams::Asked asked = resolver.upstreams.next();
  resolver->abandon();
  resolver.resolve(question("other.test"));
  EXPECT_TRUE(resolver.upstreams.idle());
  EXPECT_EQ(held.use_count(), 1) << "what it held is released";
  resolver.upstreams.reply(asked, kAddress);
  EXPECT_TRUE(resolver.upstreams.idle());
  EXPECT_TRUE(resolver.delivered.all().empty());
}

TEST(ResolverTest, ItEndsWithQuestionsInFlight) {
  const auto held = std::make_shared<int>();
  {
    Fixture resolver({.upstreams = 2});
    resolver->resolve(question("www.test"), client(1), [held](const Resolved&) {});
    resolver.upstreams.next();
  }
  EXPECT_EQ(held.use_count(), 1) << "nothing is leaked";
}

}  // namespace
}  // namespace dns
