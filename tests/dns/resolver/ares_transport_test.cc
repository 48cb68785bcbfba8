// The transport over UDP and TCP, on real sockets. Nothing sleeps: a question ends by its answer,
// or by its own timeout.
#include "dns/resolver/ares_transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cctype>
#include <optional>
#include <set>

#include "dns/response.h"
#include "tests/dns/message.h"
#include "tests/dns/resolver/test_upstream.h"

namespace dns {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::TestUpstream;
using Outcome = TransportResult::Outcome;
using Received = TestUpstream::Received;
using Replies = std::vector<Bytes>;

constexpr auto kPatience = 20s;  // of a question that is answered
constexpr auto kShort = 500ms;   // of one that is not; forged replies must arrive within it

Question question(const std::string& qname) {
  const Bytes message = test::make_query(qname, "A");
  Query query;
  EXPECT_EQ(parse(message, query), Parsed::Query);
  return Question(query);
}

// Where the question ends in a query.
std::size_t question_end(const Bytes& query) {
  std::size_t at = 12;
  while (query[at] != 0) at += std::size_t{1} + query[at];
  return at + 5;
}

// The query's header and question, as a response without records.
Bytes response(const Received& received, std::uint8_t rcode = 0) {
  Bytes reply(received.query.begin(),
              received.query.begin() + static_cast<std::ptrdiff_t>(question_end(received.query)));
  reply[2] |= 0x80;
  reply[3] = rcode;
  reply[11] = 0;  // no OPT
  return reply;
}

Bytes with_wrong_id(Bytes reply) {
  reply[0] ^= 1;
  return reply;
}
Bytes with_wrong_question(Bytes reply) {
  reply[13] = reply[13] == 'x' ? 'y' : 'x';
  return reply;
}
Bytes with_wrong_case(Bytes reply) {
  for (std::size_t i = 12; reply[i] != 0; i += std::size_t{1} + reply[i]) {
    for (std::size_t j = i + 1; j <= i + reply[i]; ++j) {
      if (std::isalpha(reply[j]) != 0) reply[j] ^= 0x20;
    }
  }
  return reply;
}
Bytes without_qr(Bytes reply) {
  reply[2] &= 0x7f;
  return reply;
}
Bytes truncated(Bytes reply) {
  reply[2] |= 0x02;
  return reply;
}
bool has_opt(const Received& received) {
  return received.query[11] == 1;
}
std::string qname_as_sent(const Received& received) {
  return {received.query.begin() + 12,
          received.query.begin() + static_cast<std::ptrdiff_t>(question_end(received.query)) - 4};
}

struct Fixture {
  explicit Fixture(const UpstreamAddress& address)
      : transport(make_transport(io, address, counts)) {}

  TransportResult ask(const std::string& qname, std::chrono::milliseconds timeout = kPatience) {
    std::optional<TransportResult> result;
    transport->ask(question(qname), timeout, [&](TransportResult ended) {
      EXPECT_FALSE(result) << "it ends once";
      result = std::move(ended);
    });
    EXPECT_FALSE(result) << "never from within ask()";
    while (!result) io.run_one();
    return *result;
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  TransportCounts counts;
  std::unique_ptr<UpstreamTransport> transport;
};

UpstreamAddress address_of(const TestUpstream& upstream) {
  return {"127.0.0.1", upstream.port()};
}

TEST(AresTransportTest, HowAQuestionEnds) {
  struct Counted {
    std::uint64_t tcp = 0, malformed = 0, wrong_id = 0, wrong_question = 0, wrong_case = 0;
    bool operator==(const Counted&) const = default;
  };
  const struct {
    const char* why;
    TestUpstream::Script script;
    Outcome outcome;
    bool lost_case;
    Counted counted;
  } kCases[] = {
      {"an answer",
       [](const Received& r) { return Replies{response(r)}; },
       Outcome::Reply,
       false,
       {}},
      {"a refusal is an answer",
       [](const Received& r) { return Replies{response(r, 5)}; },
       Outcome::Reply,
       false,
       {}},
      {"nothing", [](const Received&) { return Replies(); }, Outcome::Timeout, false, {}},
      {"forged replies do not end the wait",
       [](const Received& r) {
         const Bytes right = response(r);
         return Replies{with_wrong_id(right),
                        with_wrong_question(right),
                        without_qr(right),
                        Bytes{},
                        Bytes(40, 0xff),
                        with_wrong_case(right),
                        right};
       },
       Outcome::Reply,
       false,
       {.malformed = 3, .wrong_id = 1, .wrong_question = 1, .wrong_case = 1}},
      {"forged replies alone are a timeout",
       [](const Received& r) { return Replies{with_wrong_id(response(r))}; },
       Outcome::Timeout,
       false,
       {.wrong_id = 1}},
      {"a timeout with the case lost",
       [](const Received& r) { return Replies{with_wrong_case(response(r))}; },
       Outcome::Timeout,
       true,
       {.wrong_case = 1}},
      {"a truncated answer is fetched over TCP",
       [](const Received& r) { return Replies{r.tcp ? response(r) : truncated(response(r))}; },
       Outcome::Reply,
       false,
       {.tcp = 1}},
      {"a TCP connection that is closed",
       [](const Received& r) { return r.tcp ? Replies() : Replies{truncated(response(r))}; },
       Outcome::Unreachable,
       false,
       {.tcp = 1}},
      {"an upstream without EDNS is asked again without",
       [](const Received& r) { return Replies{response(r, has_opt(r) ? 1 : 0)}; },
       Outcome::Reply,
       false,
       {}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    const TestUpstream upstream(c.script);
    Fixture transport(address_of(upstream));
    const auto timeout = c.outcome == Outcome::Timeout ? kShort : kPatience;
    const TransportResult result =
        transport.ask("a-name-with-many-letters.in-the-zone.test", timeout);
    EXPECT_EQ(result.outcome, c.outcome);
    EXPECT_EQ(result.lost_case, c.lost_case);
    EXPECT_EQ(result.reply.empty(), c.outcome != Outcome::Reply);
    if (c.outcome == Outcome::Reply) {
      const auto read = Response::read(result.reply);
      ASSERT_TRUE(read);
      EXPECT_NE(read->rcode(), Rcode::FormErr);
      EXPECT_EQ(result.reply[2] & 0x02, 0) << "TC";
    }
    const TransportCounts& counts = transport.counts;
    EXPECT_EQ(counts.queries.value(), 1u);
    const Counted counted{counts.tcp_queries.value(), counts.malformed.value(),
                          counts.wrong_id.value(), counts.wrong_question.value(),
                          counts.wrong_case.value()};
    EXPECT_EQ(counted, c.counted);
  }
}

TEST(AresTransportTest, WhatCannotBeReached) {
  std::uint16_t closed = 0;
  {
    const TestUpstream gone([](const Received&) { return Replies(); });
    closed = gone.port();
  }
  const struct {
    const char* why;
    UpstreamAddress address;
  } kCases[] = {
      {"a closed port", {"127.0.0.1", closed}},
      {"no address", {"resolver.test", 53}},
      {"an interface that does not exist", {"fe80::1%nothing0", 53}},
  };
  for (const auto& c : kCases) {
    Fixture transport(c.address);
    EXPECT_EQ(transport.ask("www.test").outcome, Outcome::Unreachable) << c.why;
  }
}

TEST(AresTransportTest, EachQueryHasItsOwnPortIdAndCase) {
  const TestUpstream upstream([](const Received& r) { return Replies{response(r)}; });
  Fixture transport(address_of(upstream));
  constexpr std::size_t kCount = 50;
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(transport.ask("a-name-with-letters.test").outcome, Outcome::Reply);
  }
  std::set<std::uint16_t> ports;
  std::set<std::uint16_t> ids;
  std::set<std::string> names;
  for (const Received& received : upstream.received()) {
    ports.insert(received.port);
    ids.insert(static_cast<std::uint16_t>(received.query[0] << 8 | received.query[1]));
    names.insert(qname_as_sent(received));
  }
  EXPECT_GE(ports.size(), kCount - 5);
  EXPECT_GE(ids.size(), kCount - 5);
  EXPECT_GE(names.size(), kCount - 5);
}

TEST(AresTransportTest, AnUpstreamThatLosesTheCaseIsAskedInLowerCaseFromThenOn) {
  const TestUpstream upstream([](const Received& r) {
    Bytes reply = response(r);
    for (std::size_t i = 12; reply[i] != 0; ++i) {
      if (std::isupper(reply[i]) != 0) reply[i] ^= 0x20;
    }
    return Replies{reply};
  });
  Fixture transport(address_of(upstream));
  const std::string qname = "a-name-with-many-letters-so-that-one-is-upper.test";
  EXPECT_TRUE(transport.ask(qname, kShort).lost_case);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(transport.ask(qname).outcome, Outcome::Reply);
  const auto received = upstream.received();
  ASSERT_EQ(received.size(), 6u);
  const auto is_upper = [](unsigned char c) { return std::isupper(c) != 0; };
  EXPECT_TRUE(std::ranges::any_of(qname_as_sent(received[0]), is_upper));
  for (std::size_t i = 1; i < received.size(); ++i) {
    EXPECT_TRUE(std::ranges::none_of(qname_as_sent(received[i]), is_upper));
  }
}

// c-ares notes in a channel that the server does not know EDNS, and then takes FORMERR for an
// answer.
TEST(AresTransportTest, EachQuestionFallsBackFromEdnsByItself) {
  const TestUpstream upstream(
      [](const Received& r) { return Replies{response(r, has_opt(r) ? 1 : 0)}; });
  Fixture transport(address_of(upstream));
  for (int i = 0; i < 3; ++i) {
    const TransportResult result = transport.ask("www.test");
    ASSERT_EQ(result.outcome, Outcome::Reply);
    EXPECT_EQ(test::read(result.reply).rcode, "NOERROR") << i;
  }
  std::vector<bool> opts;
  for (const Received& received : upstream.received()) opts.push_back(has_opt(received));
  EXPECT_EQ(opts, (std::vector{true, false, true, false, true, false}));
}

TEST(AresTransportTest, ManyQuestionsAreInFlightAtOnceAndEndInAnyOrder) {
  constexpr std::size_t kCount = 40;
  // Holds all queries until the last has arrived, then answers them from the last to the first.
  std::vector<std::pair<std::uint16_t, Bytes>> held;
  const TestUpstream upstream([&](const Received& r) {
    held.emplace_back(r.port, response(r));
    if (held.size() < kCount) return Replies();
    for (std::size_t i = kCount - 1; i-- > 0;) upstream.send_to(held[i].first, held[i].second);
    return Replies{response(r)};
  });
  Fixture transport(address_of(upstream));
  std::vector<std::string> answered;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string qname = "n" + std::to_string(i) + ".test.";
    transport.transport->ask(question(qname), kPatience, [&, qname](const TransportResult& result) {
      EXPECT_EQ(result.outcome, Outcome::Reply);
      std::string asked = test::read(result.reply).question;
      std::ranges::transform(asked, asked.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      EXPECT_EQ(asked, qname + " a");
      answered.push_back(qname);
    });
  }
  while (answered.size() < kCount) transport.io.run_one();
  EXPECT_EQ(transport.counts.queries.value(), kCount);
}

TEST(AresTransportTest, ItsEndReleasesWhatIsInFlightWithoutACall) {
  const TestUpstream upstream([](const Received&) { return Replies(); });
  const auto held = std::make_shared<int>();
  Fixture transport(address_of(upstream));
  transport.transport->ask(question("www.test"), kShort,
                           [held](const TransportResult&) { ADD_FAILURE() << "it was called"; });
  Fixture unreachable({"resolver.test", 53});
  unreachable.transport->ask(question("www.test"), kShort, [held](const TransportResult&) {
    ADD_FAILURE() << "it was called, though its result was only queued";
  });
  transport.transport.reset();
  unreachable.transport.reset();
  transport.io.poll();
  unreachable.io.poll();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace dns
