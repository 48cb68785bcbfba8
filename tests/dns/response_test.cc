// What an upstream answered, read, kept and given to clients; ldns reads what is given.
#include "dns/response.h"

#include <gtest/gtest.h>

#include "tests/dns/message.h"

namespace dns {
namespace {

using test::Bytes;
using test::EdnsOptions;
using test::make_query;
using test::make_reply;
using test::Message;
using test::QueryOptions;
using test::ReplyOptions;
using Lines = std::vector<std::string>;

constexpr const char* kSoa = "example.org. 900 IN SOA ns.example.org. root.example.org. 1 2 3 4 60";

Query parsed(const Bytes& message) {
  Query query;
  EXPECT_EQ(parse(message, query), Parsed::Query);
  return query;
}

Message given(const Bytes& reply, const Bytes& query, Given how = {},
              Transport transport = Transport::Udp) {
  const auto response = Response::read(reply);
  if (!response) {
    ADD_FAILURE() << "not read";
    return {};
  }
  Bytes out(kMaxMessage);
  out.resize(give(parsed(query), *response, how, transport, out).size);
  return test::read(out);
}

TEST(ResponseTest, SectionsRcodesAndTypesPassAsTheyAre) {
  const struct {
    const char* why;
    const char* qtype;
    ReplyOptions reply;
  } kCases[] = {
      {"an address", "A", {.answer = {"www.example.org. 300 A 192.0.2.1"}}},
      {"a chain of CNAMEs",
       "A",
       {.answer = {"www.example.org. 300 CNAME a.example.net.", "a.example.net. 20 CNAME b.test.",
                   "b.test. 10 A 192.0.2.9"}}},
      {"NXDOMAIN", "A", {.rcode = 3, .authority = {kSoa}}},
      {"NODATA", "AAAA", {.authority = {kSoa}}},
      {"SERVFAIL", "A", {.rcode = 2}},
      {"REFUSED", "A", {.rcode = 5}},
      {"an unknown type", "TYPE65280", {.answer = {"www.example.org. 5 TYPE65280 \\# 3 010203"}}},
      {"a referral with glue",
       "A",
       {.authority = {"example.org. 60 NS ns.example.org."},
        .before_opt = {"ns.example.org. 60 A 192.0.2.53"}}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    const Bytes reply = make_reply("www.example.org", c.qtype, c.reply);
    const Message direct = test::read(reply);
    const Message passed = given(reply, make_query("www.example.org", c.qtype, {.id = 7}));
    EXPECT_EQ(passed.id, 7);
    EXPECT_EQ(passed.rcode, direct.rcode);
    EXPECT_EQ(passed.answer, direct.answer);
    EXPECT_EQ(passed.authority, direct.authority);
    EXPECT_EQ(passed.additional, direct.additional);
    EXPECT_FALSE(passed.edns);
  }
}

TEST(ResponseTest, TheOptIsOurs) {
  const ReplyOptions options = {
      .answer = {"www.example.org. 300 MX 10 mail.example.org."},
      .before_opt = {"mail.example.org. 60 A 192.0.2.25"},
      .edns = EdnsOptions{.payload = 4096, .options = {0, 10, 0, 2, 1, 2, 0, 15, 0, 2, 0, 6}},
      .behind_opt = {"other.test. 60 A 192.0.2.1", "x.other.test. 60 MX 5 y.other.test."}};
  const Bytes reply = make_reply("www.example.org", "MX", options);
  ASSERT_EQ(test::read(reply).additional.size(), 3u);

  const Message without = given(reply, make_query("www.example.org", "MX"));
  EXPECT_FALSE(without.edns);
  EXPECT_EQ(without.additional, Lines{"mail.example.org. 60 A 192.0.2.25"})
      << "what stands behind their OPT is left out";

  const Message with =
      given(reply, make_query("www.example.org", "MX", {.edns = EdnsOptions{.payload = 1232}}));
  EXPECT_TRUE(with.edns);
  EXPECT_EQ(with.payload, kUdpPayload);
  EXPECT_EQ(with.ede, 6) << "the extended error is about the answer, so it stays (RFC 8914)";
  EXPECT_EQ(with.additional, without.additional);
}

TEST(ResponseTest, AnRcodeThatNeedsAnOptIsServfailWithoutOne) {
  const Bytes reply = make_reply("www.example.org", "A", {.rcode = 23, .edns = EdnsOptions{}});
  EXPECT_EQ(given(reply, make_query("www.example.org", "A", {.edns = EdnsOptions{}})).rcode,
            "RCODE23");
  EXPECT_EQ(given(reply, make_query("www.example.org", "A")).rcode, "SERVFAIL");
}

TEST(ResponseTest, TheQuestionIsTheClientsOwn) {
  const Bytes reply =
      make_reply("wWw.ExAmPlE.oRg", "A", {.answer = {"wWw.ExAmPlE.oRg. 300 A 192.0.2.1"}});
  const Message message = given(reply, make_query("WWW.example.org", "A"));
  EXPECT_EQ(message.question, "WWW.example.org. A");
  EXPECT_EQ(message.answer, Lines{"WWW.example.org. 300 A 192.0.2.1"});
}

TEST(ResponseTest, FlagsAreTheUpstreamsButForTheClientsOwn) {
  constexpr std::uint16_t kAll = 0x8000 | 0x0400 | 0x0100 | 0x0020 | 0x0010;  // AA RD AD CD, no RA
  const Bytes reply =
      make_reply("a.test", "A", {.flags = kAll, .answer = {"a.test. 300 A 192.0.2.1"}});
  const Message plain = given(reply, make_query("a.test", "A", {.flags = 0}));
  EXPECT_TRUE(plain.aa);
  EXPECT_TRUE(plain.ra);
  EXPECT_FALSE(plain.rd);
  EXPECT_FALSE(plain.cd);
  EXPECT_FALSE(plain.ad) << "RFC 6840, 5.8: neither AD nor DO was asked for";
  EXPECT_TRUE(given(reply, make_query("a.test", "A", {.flags = 0x0020})).ad);
  EXPECT_TRUE(given(reply, make_query("a.test", "A", {.flags = 0x0110})).cd);
  EXPECT_FALSE(given(reply, make_query("a.test", "A"), {.cached = true}).aa);
  const Bytes dnssec = make_query("a.test", "A", {.edns = EdnsOptions{.dnssec_ok = true}});
  EXPECT_TRUE(given(reply, dnssec).ad);
  EXPECT_TRUE(given(reply, dnssec).dnssec_ok);
}

TEST(ResponseTest, TtlsAreCountedDown) {
  const Bytes reply =
      make_reply("a.test", "A", {.answer = {"a.test. 300 CNAME b.test.", "b.test. 5 A 192.0.2.1"}});
  const Bytes query = make_query("a.test", "A");
  EXPECT_EQ(given(reply, query, {.age = 4, .cached = true}).answer,
            (Lines{"a.test. 296 CNAME b.test.", "b.test. 1 A 192.0.2.1"}));
  EXPECT_EQ(given(reply, query, {.age = 9, .cached = true}).answer[1], "b.test. 0 A 192.0.2.1");
}

TEST(ResponseTest, StaleIsToldAndKeptFor30Seconds) {
  const Bytes query = make_query("a.test", "A", {.edns = EdnsOptions{}});
  const Given stale = {.age = 500, .cached = true, .stale = true};
  const Message message =
      given(make_reply("a.test", "A", {.answer = {"a.test. 300 A 192.0.2.1"}}), query, stale);
  EXPECT_EQ(message.answer, Lines{"a.test. 30 A 192.0.2.1"});
  EXPECT_EQ(message.ede, 3);
  const Message nothing =
      given(make_reply("a.test", "A", {.rcode = 3, .authority = {kSoa}}), query, stale);
  EXPECT_EQ(nothing.ede, 19);
}

TEST(ResponseTest, HowLongItMayBeKept) {
  const struct {
    const char* why;
    ReplyOptions reply;
    std::uint32_t ttl;
  } kCases[] = {
      {"the least TTL of all sections",
       {.answer = {"a.test. 300 A 192.0.2.1"}, .authority = {"test. 20 NS ns.test."}},
       20},
      {"TTL 0", {.answer = {"a.test. 0 A 192.0.2.1"}}, 0},
      {"a TTL with the highest bit is 0 (RFC 2181, 8)",
       {.answer = {"a.test. 2147483648 A 192.0.2.1"}},
       0},
      {"NXDOMAIN: the SOA's MINIMUM (RFC 2308, 5)", {.rcode = 3, .authority = {kSoa}}, 60},
      {"NODATA: the SOA's MINIMUM", {.authority = {kSoa}}, 60},
      {"NODATA: the SOA's TTL, if it is less",
       {.authority = {"test. 7 SOA ns.test. root.test. 1 2 3 4 60"}},
       7},
      {"a CNAME to a name without addresses",
       {.answer = {"a.test. 300 CNAME b.example.org."}, .authority = {kSoa}},
       60},
      {"NXDOMAIN without SOA", {.rcode = 3}, 0},
      {"NODATA without SOA", {}, 0},
      {"a referral", {.authority = {"test. 60 NS ns.test."}}, 0},
      {"truncated", {.flags = 0x8380, .answer = {"a.test. 300 A 192.0.2.1"}}, 0},
      {"SERVFAIL", {.rcode = 2, .answer = {"a.test. 300 A 192.0.2.1"}}, 0},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(Response::read(make_reply("a.test", "A", c.reply))->ttl(), c.ttl);
  }
}

TEST(ResponseTest, WhatDoesNotFitIsLeftOutInOrder) {
  ReplyOptions options;
  const auto add = [](Lines& lines, const std::string& owner, int count) {
    for (int i = 0; i < count; ++i) {
      lines.push_back(owner + " 60 A 192.0.2." + std::to_string(i));
    }
  };
  add(options.answer, "a.test.", 20);
  options.authority = {"test. 60 NS ns.test."};
  add(options.before_opt, "ns.test.", 20);
  const Message no_additional =
      given(make_reply("a.test", "A", options), make_query("a.test", "A"));
  EXPECT_EQ(no_additional.answer.size(), 20u);
  EXPECT_EQ(no_additional.authority.size(), 1u);
  EXPECT_EQ(no_additional.additional.size(), 0u);
  EXPECT_FALSE(no_additional.tc);

  add(options.answer, "a.test.", 10);
  options.authority = {"test. 60 NS a-very-long-name-of-a-server.with-many.labels.example.org."};
  const Message answer_only = given(make_reply("a.test", "A", options), make_query("a.test", "A"));
  EXPECT_EQ(answer_only.answer.size(), 30u);
  EXPECT_EQ(answer_only.authority.size(), 0u);
  EXPECT_FALSE(answer_only.tc);

  add(options.answer, "a.test.", 10);
  const Bytes reply = make_reply("a.test", "A", options);
  const Message truncated = given(reply, make_query("a.test", "A"));
  EXPECT_TRUE(truncated.tc);
  EXPECT_EQ(truncated.answer.size(), 0u);
  EXPECT_LE(truncated.size, 512u);
  EXPECT_EQ(given(reply, make_query("a.test", "A", {.edns = EdnsOptions{}})).answer.size(), 40u);
  EXPECT_EQ(given(reply, make_query("a.test", "A"), {}, Transport::Tcp).additional.size(), 20u);
}

TEST(ResponseTest, OnlyTheTrueAnswerMatches) {
  const Bytes query = make_query("wWw.test", "A", {.edns = EdnsOptions{}});
  const ReplyOptions options = {.answer = {"www.test. 300 A 192.0.2.1"}, .edns = EdnsOptions{}};
  const auto with = [&](auto change) {
    Bytes reply = make_reply("wWw.test", "A", options);
    change(reply);
    return match(query, reply);
  };
  EXPECT_EQ(with([](Bytes&) {}), Match::True);
  EXPECT_EQ(with([](Bytes& r) { r[1] ^= 1; }), Match::WrongId);
  EXPECT_EQ(with([](Bytes& r) { r[13] ^= 0x20; }), Match::WrongCase);
  EXPECT_EQ(with([](Bytes& r) { r[13] = 'v'; }), Match::WrongQuestion);
  EXPECT_EQ(with([](Bytes& r) { r[23] = 28; }), Match::WrongQuestion) << "the type";
  EXPECT_EQ(with([](Bytes& r) { r[2] &= 0x7f; }), Match::Malformed) << "a query";
  EXPECT_EQ(with([](Bytes& r) { r[2] |= 0x10; }), Match::Malformed) << "another opcode";
  EXPECT_EQ(with([](Bytes& r) { r[5] = 0; }), Match::Malformed) << "no question";
  EXPECT_EQ(with([](Bytes& r) { r.resize(11); }), Match::Malformed);
  EXPECT_EQ(with([](Bytes& r) { r.pop_back(); }), Match::Malformed);
  EXPECT_EQ(match(query, make_reply("ww.test", "A", options)), Match::WrongQuestion);
}

TEST(ResponseTest, EveryCutOrFlippedReplyIsReadOrLeft) {
  const Bytes reply = make_reply("www.example.org", "MX",
                                 {.answer = {"www.example.org. 300 MX 10 mail.example.org."},
                                  .authority = {kSoa},
                                  .edns = EdnsOptions{.options = {0, 10, 0, 2, 1, 2}},
                                  .behind_opt = {"mail.example.org. 60 A 192.0.2.25",
                                                 "a.mail.example.org. 60 CNAME b.test."}});
  const Bytes query = make_query("www.example.org", "MX");
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const Bytes cut(reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(Response::read(cut)) << i;
    for (const std::uint8_t octet : Bytes{0x00, 0x01, 0x3f, 0x40, 0xc0, 0xff}) {
      Bytes changed = reply;
      changed[i] = octet;
      const auto response = Response::read(changed);
      if (!response || match(query, changed) != Match::True) continue;
      Bytes out(kMaxMessage);
      EXPECT_EQ(give(parsed(query), *response, {}, Transport::Tcp, out).verdict, Verdict::Reply);
    }
  }
}

TEST(QuestionTest, OfTheClientOnlyWhatTheAnswerDependsOnGoesOn) {
  EdnsOptions edns{.payload = 4096, .dnssec_ok = true};
  edns.options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 8, 0, 4, 0, 1, 0, 0};  // COOKIE, ECS
  const Bytes client = make_query("WWW.Example.org", "MX", {.flags = 0x0110, .edns = edns});
  const Question question(parsed(client));
  const Bytes sent = question.query(0xbeef, {});
  const Bytes expected =
      make_query("www.example.org", "MX",
                 {.id = 0xbeef, .flags = 0x0130, .edns = EdnsOptions{.dnssec_ok = true}});
  EXPECT_EQ(sent, expected);
}

TEST(QuestionTest, LettersAreInUpperCaseWhereTheBitsSaySo) {
  const Question question(parsed(make_query("a1b-c.test", "A")));
  const std::uint8_t cases[] = {0b0101'0110};
  const Bytes sent = question.query(1, cases);
  EXPECT_EQ(std::string(sent.begin() + 13, sent.begin() + 18), "a1B-C");
  EXPECT_EQ(std::string(sent.begin() + 19, sent.begin() + 23), "tEsT");
}

TEST(QuestionTest, EqualForWhatHasTheSameAnswer) {
  const auto key = [](const char* qname, const char* qtype, QueryOptions options = {}) {
    return std::string(Question(parsed(make_query(qname, qtype, options))).key());
  };
  const std::string one = key("a.test", "A");
  EXPECT_EQ(one, key("A.TEST", "A", {.id = 9, .edns = EdnsOptions{.payload = 512}}));
  EXPECT_NE(one, key("b.test", "A"));
  EXPECT_NE(one, key("a.test", "AAAA"));
  EXPECT_NE(one, key("a.test", "A", {.flags = 0}));
  EXPECT_NE(one, key("a.test", "A", {.flags = 0x0110}));
  EXPECT_NE(one, key("a.test", "A", {.edns = EdnsOptions{.dnssec_ok = true}}));
}

}  // namespace
}  // namespace dns
