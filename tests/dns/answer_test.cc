// What is answered, rule by rule. ldns reads every answer.
#include "dns/answer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/dns/message.h"

namespace dns {
namespace {

using test::Bytes;
using test::EdnsOptions;
using test::make_query;
using test::Message;
using test::QueryOptions;
using Lines = std::vector<std::string>;

Name name(const std::string& text) {
  return *Name::parse(text);
}

constexpr Ipv6 kIpv6 = {0xfd, 0, 0, 0x24, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};

ZoneSettings settings() {
  ZoneSettings settings;
  settings.apexes = {name("mesh.local"), name("svc.mesh.local"), name("svc.x.mesh.test")};
  settings.fallthrough = {name("open.mesh.local")};
  settings.serial = 42;
  return settings;
}

std::shared_ptr<const Zone> make_zone(ZoneSettings settings = dns::settings()) {
  ZoneBuilder builder(std::move(settings));
  builder.add_reverse(Ipv4{241, 0, 0, 0}, 8);
  builder.add_reverse(Ipv4{10, 96, 0, 0}, 12);
  builder.add_reverse(kIpv6, 64);
  const SrvPort web[] = {{80, false, "http"}, {443, false, "https"}, {53, true, "dns"}};
  const SrvPort redis[] = {{6379, false, "6379"}};
  builder.add_host(name("redis.svc.mesh.local"), {{{241, 0, 0, 1}}}, {}, redis);
  builder.add_host(name("web.svc.mesh.local"), {{{241, 0, 0, 2}}}, {{kIpv6}}, web);
  builder.add_host(name("web.shop.mesh.local"), {{{241, 0, 0, 2}}}, {{kIpv6}}, web);
  builder.add_host(name("only6.svc.mesh.local"), {}, {{kIpv6}}, {});
  builder.add_host(name("pending.svc.mesh.local"), {}, {}, redis);
  builder.add_host(name("single.test"), {{{241, 0, 0, 3}}}, {}, redis);
  builder.add_host(name("known.open.mesh.local"), {{{241, 0, 0, 4}}}, {}, {});
  builder.add_host(name("outside.svc.mesh.local"), {{{192, 0, 2, 7}}}, {}, {});
  return std::move(builder).build();
}

const Zone& zone() {
  static const auto zone = make_zone();
  return *zone;
}

// The reply's octets; none for Forward and Drop.
Bytes ask(const Bytes& query, const Zone& zone, Transport transport = Transport::Udp,
          std::uint16_t keepalive = 0) {
  Bytes out(transport == Transport::Udp ? kUdpPayload : kMaxMessage);
  const Answer answer = dns::answer(query, zone, transport, out, keepalive);
  EXPECT_EQ(answer.verdict == Verdict::Reply, answer.size != 0);
  out.resize(answer.size);
  return out;
}

Verdict verdict(const Bytes& query, const Zone& zone) {
  Bytes out(kUdpPayload);
  return dns::answer(query, zone, Transport::Udp, out).verdict;
}

// The SOA of a negative answer.
std::string soa(const std::string& apex) {
  return apex + ". 5 SOA " + apex + ". nobody.invalid. 42 3600 1200 604800 5";
}

const std::string kSoa = soa("mesh.local");
const std::string kV6 = "fd00:24:1000::7";

TEST(AnswerTest, NamesWeOwn) {
  const std::string reverse6 =
      "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.4.2.0.0.0.0.d.f.ip6.arpa";
  const std::string apex6 = "0.0.0.0.0.0.0.1.4.2.0.0.0.0.d.f.ip6.arpa";
  const struct {
    const char* why;
    std::string qname;
    const char* qtype;
    const char* rcode;
    Lines answer;
    Lines authority;
    Lines additional;
  } kCases[] = {
      {"the address of a hostname",
       "redis.svc.mesh.local",
       "A",
       "NOERROR",
       {"redis.svc.mesh.local. 30 A 241.0.0.1"},
       {},
       {}},
      {"case does not matter, and is echoed (RFC 4343)",
       "ReDiS.sVc.mesh.LOCAL",
       "A",
       "NOERROR",
       {"ReDiS.sVc.mesh.LOCAL. 30 A 241.0.0.1"},
       {},
       {}},
      {"both families",
       "web.svc.mesh.local",
       "AAAA",
       "NOERROR",
       {"web.svc.mesh.local. 30 AAAA " + kV6},
       {},
       {}},
      {"no IPv6 VIP is NODATA, not NXDOMAIN (RFC 2308)",
       "redis.svc.mesh.local",
       "AAAA",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"nor is no IPv4 VIP", "only6.svc.mesh.local", "A", "NOERROR", {}, {kSoa}, {}},
      {"a service without any VIP", "pending.svc.mesh.local", "A", "NOERROR", {}, {kSoa}, {}},
      {"every other type is NODATA", "redis.svc.mesh.local", "MX", "NOERROR", {}, {kSoa}, {}},
      {"HTTPS, which browsers ask for, too",
       "redis.svc.mesh.local",
       "HTTPS",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"CNAME too", "redis.svc.mesh.local", "CNAME", "NOERROR", {}, {kSoa}, {}},
      {"an empty non-terminal is NODATA (RFC 8020)",
       "svc.mesh.local",
       "A",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"an unknown name", "nope.svc.mesh.local", "A", "NXDOMAIN", {}, {kSoa}, {}},
      {"below a hostname there is nothing",
       "x.redis.svc.mesh.local",
       "A",
       "NXDOMAIN",
       {},
       {kSoa},
       {}},
      {"far below", "a.b.c.d.nope.mesh.local", "TXT", "NXDOMAIN", {}, {kSoa}, {}},
      {"a port by its name (RFC 2782)",
       "_http._tcp.web.svc.mesh.local",
       "SRV",
       "NOERROR",
       {"_http._tcp.web.svc.mesh.local. 30 SRV 0 100 80 web.svc.mesh.local."},
       {},
       {"web.svc.mesh.local. 30 A 241.0.0.2", "web.svc.mesh.local. 30 AAAA " + kV6}},
      {"in any case",
       "_HTTP._Tcp.web.svc.mesh.local",
       "SRV",
       "NOERROR",
       {"_HTTP._Tcp.web.svc.mesh.local. 30 SRV 0 100 80 web.svc.mesh.local."},
       {},
       {"web.svc.mesh.local. 30 A 241.0.0.2", "web.svc.mesh.local. 30 AAAA " + kV6}},
      {"a UDP port",
       "_dns._udp.web.svc.mesh.local",
       "SRV",
       "NOERROR",
       {"_dns._udp.web.svc.mesh.local. 30 SRV 0 100 53 web.svc.mesh.local."},
       {},
       {"web.svc.mesh.local. 30 A 241.0.0.2", "web.svc.mesh.local. 30 AAAA " + kV6}},
      {"a port that is named by its number",
       "_6379._tcp.redis.svc.mesh.local",
       "SRV",
       "NOERROR",
       {"_6379._tcp.redis.svc.mesh.local. 30 SRV 0 100 6379 redis.svc.mesh.local."},
       {},
       {"redis.svc.mesh.local. 30 A 241.0.0.1"}},
      {"of the other protocol there is none",
       "_http._udp.web.svc.mesh.local",
       "SRV",
       "NXDOMAIN",
       {},
       {kSoa},
       {}},
      {"an unknown port", "_smtp._tcp.web.svc.mesh.local", "SRV", "NXDOMAIN", {}, {kSoa}, {}},
      {"a service's name has no address",
       "_http._tcp.web.svc.mesh.local",
       "A",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"_tcp is an empty non-terminal",
       "_tcp.web.svc.mesh.local",
       "SRV",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"where there is a TCP port", "_udp.redis.svc.mesh.local", "A", "NXDOMAIN", {}, {kSoa}, {}},
      {"all ports at the hostname itself",
       "redis.svc.mesh.local",
       "SRV",
       "NOERROR",
       {"redis.svc.mesh.local. 30 SRV 0 100 6379 redis.svc.mesh.local."},
       {},
       {"redis.svc.mesh.local. 30 A 241.0.0.1"}},
      {"a service without VIP has its SRV",
       "pending.svc.mesh.local",
       "SRV",
       "NOERROR",
       {"pending.svc.mesh.local. 30 SRV 0 100 6379 pending.svc.mesh.local."},
       {},
       {}},
      {"no ports, no SRV", "only6.svc.mesh.local", "SRV", "NOERROR", {}, {kSoa}, {}},
      {"the hostname of a VIP",
       "1.0.0.241.in-addr.arpa",
       "PTR",
       "NOERROR",
       {"1.0.0.241.in-addr.arpa. 30 PTR redis.svc.mesh.local."},
       {},
       {}},
      {"all of them",
       "2.0.0.241.in-addr.arpa",
       "PTR",
       "NOERROR",
       {"2.0.0.241.in-addr.arpa. 30 PTR web.shop.mesh.local.",
        "2.0.0.241.in-addr.arpa. 30 PTR web.svc.mesh.local."},
       {},
       {}},
      {"IPv6",
       reverse6,
       "PTR",
       "NOERROR",
       {reverse6 + ". 30 PTR only6.svc.mesh.local.", reverse6 + ". 30 PTR web.shop.mesh.local.",
        reverse6 + ". 30 PTR web.svc.mesh.local."},
       {},
       {}},
      {"a VIP that nobody has",
       "9.0.0.241.in-addr.arpa",
       "PTR",
       "NXDOMAIN",
       {},
       {soa("241.in-addr.arpa")},
       {}},
      {"an octet between",
       "0.241.in-addr.arpa",
       "PTR",
       "NOERROR",
       {},
       {soa("241.in-addr.arpa")},
       {}},
      {"no octet", "x.241.in-addr.arpa", "PTR", "NXDOMAIN", {}, {soa("241.in-addr.arpa")}, {}},
      {"an octet with a zero in front",
       "01.0.0.241.in-addr.arpa",
       "PTR",
       "NXDOMAIN",
       {},
       {soa("241.in-addr.arpa")},
       {}},
      {"five octets",
       "1.1.0.0.241.in-addr.arpa",
       "PTR",
       "NXDOMAIN",
       {},
       {soa("241.in-addr.arpa")},
       {}},
      {"a pool that ends within an octet",
       "1.0.100.10.in-addr.arpa",
       "PTR",
       "NXDOMAIN",
       {},
       {soa("100.10.in-addr.arpa")},
       {}},
      {"an IPv6 address that nobody has",
       "8" + reverse6.substr(1),
       "PTR",
       "NXDOMAIN",
       {},
       {soa(apex6)},
       {}},
      {"a VIP outside all pools has its name",
       "7.2.0.192.in-addr.arpa",
       "PTR",
       "NOERROR",
       {"7.2.0.192.in-addr.arpa. 30 PTR outside.svc.mesh.local."},
       {},
       {}},
      {"the apex's SOA",
       "mesh.local",
       "SOA",
       "NOERROR",
       {"mesh.local. 30 SOA mesh.local. nobody.invalid. 42 3600 1200 604800 5"},
       {},
       {}},
      {"and NS (RFC 6303, 3)",
       "mesh.local",
       "NS",
       "NOERROR",
       {"mesh.local. 30 NS mesh.local."},
       {},
       {}},
      {"the apex has no address", "mesh.local", "A", "NOERROR", {}, {kSoa}, {}},
      {"the reverse apex's",
       "241.in-addr.arpa",
       "SOA",
       "NOERROR",
       {"241.in-addr.arpa. 30 SOA 241.in-addr.arpa. nobody.invalid. 42 3600 1200 604800 5"},
       {},
       {}},
      {"an inner zone is part of the outer one",
       "svc.mesh.local",
       "SOA",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"an apex without hosts",
       "svc.x.mesh.test",
       "A",
       "NOERROR",
       {},
       {soa("svc.x.mesh.test")},
       {}},
      {"and its unknown names",
       "a.svc.x.mesh.test",
       "A",
       "NXDOMAIN",
       {},
       {soa("svc.x.mesh.test")},
       {}},
      {"a name outside all zones is its own apex",
       "single.test",
       "A",
       "NOERROR",
       {"single.test. 30 A 241.0.0.3"},
       {},
       {}},
      {"whose NODATA has a SOA", "single.test", "AAAA", "NOERROR", {}, {soa("single.test")}, {}},
      {"and whose SOA can be asked for",
       "single.test",
       "SOA",
       "NOERROR",
       {"single.test. 30 SOA single.test. nobody.invalid. 42 3600 1200 604800 5"},
       {},
       {}},
      {"with its ports",
       "_6379._tcp.single.test",
       "SRV",
       "NOERROR",
       {"_6379._tcp.single.test. 30 SRV 0 100 6379 single.test."},
       {},
       {"single.test. 30 A 241.0.0.3"}},
      {"ANY is one RRset (RFC 8482, 4.1)",
       "web.svc.mesh.local",
       "ANY",
       "NOERROR",
       {"web.svc.mesh.local. 30 A 241.0.0.2"},
       {},
       {}},
      {"ANY of an IPv6 host",
       "only6.svc.mesh.local",
       "ANY",
       "NOERROR",
       {"only6.svc.mesh.local. 30 AAAA " + kV6},
       {},
       {}},
      {"ANY of an empty non-terminal", "svc.mesh.local", "ANY", "NOERROR", {}, {kSoa}, {}},
      {"ANY at the apex",
       "mesh.local",
       "ANY",
       "NOERROR",
       {"mesh.local. 30 SOA mesh.local. nobody.invalid. 42 3600 1200 604800 5"},
       {},
       {}},
      {"ANY of an unknown name", "nope.mesh.local", "ANY", "NXDOMAIN", {}, {kSoa}, {}},
      {"DS of the apex is the parent's; here NODATA",
       "mesh.local",
       "DS",
       "NOERROR",
       {},
       {kSoa},
       {}},
      {"a known name in a fallthrough zone",
       "known.open.mesh.local",
       "A",
       "NOERROR",
       {"known.open.mesh.local. 30 A 241.0.0.4"},
       {},
       {}},
      {"its NODATA stays ours", "known.open.mesh.local", "AAAA", "NOERROR", {}, {kSoa}, {}},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(std::string(row.why) + ": " + row.qname + ' ' + row.qtype);
    Message reply = test::read(ask(make_query(row.qname, row.qtype), zone()));
    EXPECT_EQ(reply.rcode, row.rcode);
    std::ranges::sort(reply.answer);
    Lines expected = row.answer;
    std::ranges::sort(expected);
    EXPECT_EQ(reply.answer, expected);
    EXPECT_EQ(reply.authority, row.authority);
    EXPECT_EQ(reply.additional, row.additional);
    EXPECT_EQ(reply.question, row.qname + ". " + row.qtype);
    EXPECT_EQ(reply.id, 0x1234);
    EXPECT_TRUE(reply.qr && reply.aa && reply.rd && reply.ra);
    EXPECT_FALSE(reply.tc || reply.edns);
  }
}

TEST(AnswerTest, AllPortsOfAHostAreAtTheHostname) {
  const Message reply = test::read(ask(make_query("web.svc.mesh.local", "SRV"), zone()));
  EXPECT_EQ(reply.answer, (Lines{"web.svc.mesh.local. 30 SRV 0 100 80 web.svc.mesh.local.",
                                 "web.svc.mesh.local. 30 SRV 0 100 443 web.svc.mesh.local.",
                                 "web.svc.mesh.local. 30 SRV 0 100 53 web.svc.mesh.local."}));
  EXPECT_EQ(reply.additional.size(), 2u);
}

TEST(AnswerTest, NamesThatAreNotOursAreForwarded) {
  for (const char* qname : {"www.example.org", "local", "xmesh.local", ".", "test", "a.single.test",
                            "1.0.0.240.in-addr.arpa", "in-addr.arpa", "arpa", "1.127.in-addr.arpa",
                            "unknown.open.mesh.local", "a.b.open.mesh.local", "mesh.test"}) {
    EXPECT_EQ(verdict(make_query(qname, "A"), zone()), Verdict::Forward) << qname;
  }
}

TEST(AnswerTest, SpecialNamesAreAnsweredHere) {
  const struct {
    const char* why;
    std::string qname;
    const char* qtype;
    const char* rcode;
    Lines answer;
    Lines authority;
  } kCases[] = {
      {"localhost is the loopback (RFC 6761, 6.3)",
       "localhost",
       "A",
       "NOERROR",
       {"localhost. 30 A 127.0.0.1"},
       {}},
      {"of both families", "localhost", "AAAA", "NOERROR", {"localhost. 30 AAAA ::1"}, {}},
      {"in any case", "LocalHost", "A", "NOERROR", {"LocalHost. 30 A 127.0.0.1"}, {}},
      {"and so is every name below it",
       "db.app.localhost",
       "A",
       "NOERROR",
       {"db.app.localhost. 30 A 127.0.0.1"},
       {}},
      {"other types of it are NODATA", "localhost", "MX", "NOERROR", {}, {soa("localhost")}},
      {"with the SOA of the last label",
       "db.app.localhost",
       "TXT",
       "NOERROR",
       {},
       {soa("localhost")}},
      {"ANY is one RRset (RFC 8482)",
       "localhost",
       "ANY",
       "NOERROR",
       {"localhost. 30 A 127.0.0.1"},
       {}},
      {"nothing is invalid (RFC 6761, 6.4)", "a.invalid", "A", "NXDOMAIN", {}, {soa("invalid")}},
      {"nor is invalid itself", "invalid", "NS", "NXDOMAIN", {}, {soa("invalid")}},
      {"onion is not DNS (RFC 7686)", "a.b.oNiOn", "AAAA", "NXDOMAIN", {}, {soa("oNiOn")}},
      {"nor is onion itself", "onion", "A", "NXDOMAIN", {}, {soa("onion")}},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    const Message reply = test::read(ask(make_query(row.qname, row.qtype), zone()));
    EXPECT_EQ(reply.rcode, row.rcode);
    EXPECT_EQ(reply.answer, row.answer);
    EXPECT_EQ(reply.authority, row.authority);
    EXPECT_TRUE(reply.aa);
  }
}

TEST(AnswerTest, OnlyTheLastLabelMakesANameSpecial) {
  for (const char* qname :
       {"localhost.example.org", "onion.example.org", "xlocalhost", "onions", "invalid.test"}) {
    EXPECT_EQ(verdict(make_query(qname, "A"), zone()), Verdict::Forward) << qname;
  }
}

TEST(AnswerTest, AZoneOfOursComesBeforeASpecialName) {
  ZoneSettings settings = dns::settings();
  settings.apexes.push_back(name("mesh.localhost"));
  ZoneBuilder builder(std::move(settings));
  builder.add_host(name("web.mesh.localhost"), {{{241, 0, 0, 1}}}, {}, {});
  builder.add_host(name("shop.invalid"), {{{241, 0, 0, 2}}}, {}, {});
  const auto zone = std::move(builder).build();
  const auto reply = [&](const char* qname) {
    return test::read(ask(make_query(qname, "A"), *zone));
  };
  EXPECT_EQ(reply("web.mesh.localhost").answer, Lines{"web.mesh.localhost. 30 A 241.0.0.1"});
  EXPECT_EQ(reply("nope.mesh.localhost").rcode, "NXDOMAIN");
  EXPECT_EQ(reply("other.localhost").answer, Lines{"other.localhost. 30 A 127.0.0.1"});
  EXPECT_EQ(reply("shop.invalid").answer, Lines{"shop.invalid. 30 A 241.0.0.2"});
}

TEST(AnswerTest, SpecialNamesNeedNoTable) {
  ZoneSettings not_ready = settings();
  not_ready.ready = false;
  const auto zone = make_zone(not_ready);
  EXPECT_EQ(test::read(ask(make_query("localhost", "A"), *zone)).answer,
            Lines{"localhost. 30 A 127.0.0.1"});
}

TEST(AnswerTest, AFailureSaysWhy) {
  Bytes out(kUdpPayload);
  const Bytes query = make_query("www.example.org", "A", {.edns = EdnsOptions{}});
  out.resize(fail(query, {Rcode::Refused, Ede::Prohibited, "no"}, Transport::Udp, out).size);
  const Message reply = test::read(out);
  EXPECT_EQ(reply.rcode, "REFUSED");
  EXPECT_EQ(reply.ede, 18);
  EXPECT_FALSE(reply.aa);
  EXPECT_EQ(reply.question, "www.example.org. A");
}

TEST(AnswerTest, RefusalsByHeaderTypeAndClass) {
  const struct {
    const char* why;
    Bytes query;
    const char* rcode;  // "": silence
  } kCases[] = {
      {"a zone transfer", make_query("mesh.local", "AXFR"), "REFUSED"},
      {"an incremental one", make_query("mesh.local", "IXFR"), "REFUSED"},
      {"class CH", make_query("version.bind", "TXT", {.qclass = 3}), "REFUSED"},
      {"class ANY", make_query("redis.svc.mesh.local", "A", {.qclass = 255}), "REFUSED"},
      {"NOTIFY", make_query("mesh.local", "SOA", {.flags = 0x2000}), "NOTIMPL"},
      {"UPDATE", make_query("mesh.local", "SOA", {.flags = 0x2800}), "NOTIMPL"},
      {"STATUS", make_query("mesh.local", "SOA", {.flags = 0x1000}), "NOTIMPL"},
      {"a response is no query", make_query("redis.svc.mesh.local", "A", {.flags = 0x8000}), ""},
      {"OPT as a question", make_query("mesh.local", "OPT"), "FORMERR"},
      {"TSIG as a question", make_query("mesh.local", "TSIG"), "FORMERR"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    const Bytes reply = ask(row.query, zone());
    if (std::string_view(row.rcode).empty()) {
      EXPECT_TRUE(reply.empty());
    } else {
      EXPECT_EQ(test::read(reply).rcode, row.rcode);
    }
  }
}

// A query with octets changed: `at` and behind it are replaced.
Bytes changed(Bytes query, std::size_t at, const Bytes& with) {
  std::ranges::copy(with, query.begin() + static_cast<std::ptrdiff_t>(at));
  return query;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(AnswerTest, MalformedQueriesAreFormerrAndKeepTheId) {
  const Bytes query = make_query("redis.svc.mesh.local", "A");
  const Bytes with_opt = make_query("redis.svc.mesh.local", "A", {.edns = EdnsOptions{}});
  const Bytes opt(with_opt.end() - 11, with_opt.end());
  const struct {
    const char* why;
    Bytes query;
  } kCases[] = {
      {"no question", changed(query, 4, {0, 0})},
      {"two questions", changed(query, 4, {0, 2})},
      {"a header alone", Bytes(query.begin(), query.begin() + 12)},
      {"the name is cut", Bytes(query.begin(), query.begin() + 20)},
      {"the class is missing", Bytes(query.begin(), query.end() - 2)},
      {"an octet too many", query + Bytes{0}},
      {"a pointer in the question", changed(query, 12, {0xc0, 12})},
      {"a label type that nobody uses (RFC 6891, 5)", changed(query, 12, {0x41})},
      {"a name of 256 octets", Bytes(query.begin(), query.begin() + 12) +
                                   [] {
                                     Bytes name;
                                     for (int i = 0; i < 127; ++i) name = name + Bytes{1, 'a'};
                                     return name + Bytes{1, 'b', 0, 0, 1, 0, 1};
                                   }()},
      {"ARCOUNT without a record", changed(query, 10, {0, 1})},
      {"ANCOUNT without a record", changed(query, 6, {0xff, 0xff})},
      {"two OPT records (RFC 6891, 6.1.1)", changed(with_opt + opt, 10, {0, 2})},
      {"an OPT in the answer section", changed(changed(with_opt, 10, {0, 0}), 6, {0, 1})},
      {"an OPT whose owner isn't the root",
       changed(query + Bytes{0xc0, 12} + Bytes(opt.begin() + 1, opt.end()), 10, {0, 1})},
      {"an option that is longer than the OPT",
       make_query("redis.svc.mesh.local", "A", {.edns = EdnsOptions{.options = {0, 10, 0, 9, 1}}})},
      {"an OPT that is longer than the message", changed(with_opt, with_opt.size() - 2, {0, 1})},
      {"a pointer forwards in an owner",
       changed(query + Bytes{0xc0, 0xff} + Bytes(opt.begin() + 1, opt.end()), 10, {0, 1})},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    const Message reply = test::read(ask(row.query, zone()));
    EXPECT_EQ(reply.rcode, "FORMERR");
    EXPECT_EQ(reply.id, 0x1234);
    EXPECT_TRUE(reply.qr);
    EXPECT_EQ(reply.size, 12u);
  }
}

TEST(AnswerTest, FewerOctetsThanAHeaderAreSilence) {
  const Bytes query = make_query("redis.svc.mesh.local", "A");
  for (std::size_t size = 0; size < 12; ++size) {
    EXPECT_EQ(
        verdict(Bytes(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size)), zone()),
        Verdict::Drop);
  }
}

TEST(AnswerTest, RecordsBesideTheQuestionAreIgnored) {
  // A TSIG-like record of an unknown type, and one more question's worth of answers.
  const Bytes record = {0xc0, 12, 0xff, 0x01, 0, 1, 0, 0, 0, 0, 0, 2, 1, 2};
  const Bytes query = changed(make_query("redis.svc.mesh.local", "A") + record, 10, {0, 1});
  EXPECT_EQ(test::read(ask(query, zone())).answer.size(), 1u);
}

TEST(AnswerTest, Edns) {
  const struct {
    const char* why;
    EdnsOptions edns;
    const char* rcode;
    bool answered;
  } kCases[] = {
      {"an OPT in the answer iff one in the question", {}, "NOERROR", true},
      {"a small payload", {.payload = 100}, "NOERROR", true},
      {"DO is echoed (RFC 3225)", {.dnssec_ok = true}, "NOERROR", true},
      {"unknown options are ignored", {.options = {0xff, 0xf0, 0, 2, 1, 2}}, "NOERROR", true},
      {"a cookie is ignored", {.options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}}, "NOERROR", true},
      {"client subnet is ignored",
       {.options = {0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2}},
       "NOERROR",
       true},
      {"a newer version (RFC 6891, 6.1.3)", {.version = 1}, "RCODE16", false},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    const Message reply =
        test::read(ask(make_query("redis.svc.mesh.local", "A", {.edns = row.edns}), zone()));
    EXPECT_TRUE(reply.edns);
    EXPECT_EQ(reply.payload, 1232);
    EXPECT_EQ(reply.dnssec_ok, row.edns.dnssec_ok);
    EXPECT_EQ(reply.rcode, row.rcode);
    EXPECT_EQ(reply.answer.size(), row.answered ? 1u : 0u);
  }
}

TEST(AnswerTest, BadversIsInTheOpt) {
  const Bytes reply =
      ask(make_query("redis.svc.mesh.local", "A", {.edns = EdnsOptions{.version = 1}}), zone());
  ASSERT_GE(reply.size(), 11u);
  EXPECT_EQ(reply[3] & 0xf, 0);           // BADVERS is 16: its upper bits ...
  EXPECT_EQ(reply[reply.size() - 6], 1);  // ... are in the OPT's TTL,
  EXPECT_EQ(reply[reply.size() - 5], 0);  // beside the version that we speak
}

TEST(AnswerTest, KeepaliveIsToldOverTcpToWhoAsks) {
  const EdnsOptions asks{.options = {0, 11, 0, 0}};
  const Bytes query = make_query("redis.svc.mesh.local", "A", {.edns = asks});
  EXPECT_EQ(test::read(ask(query, zone(), Transport::Tcp, 100)).keepalive, 100);
  EXPECT_EQ(test::read(ask(query, zone(), Transport::Udp, 100)).keepalive, std::nullopt);
  const Bytes silent = make_query("redis.svc.mesh.local", "A", {.edns = EdnsOptions{}});
  EXPECT_EQ(test::read(ask(silent, zone(), Transport::Tcp, 100)).keepalive, std::nullopt);
}

TEST(AnswerTest, FlagsOfTheQuery) {
  const Message cd =
      test::read(ask(make_query("redis.svc.mesh.local", "A", {.flags = 0x0010}), zone()));
  EXPECT_TRUE(cd.cd);
  EXPECT_FALSE(cd.rd);
  // AD, Z and AA of a query are not the answer's.
  const Bytes reply = ask(make_query("redis.svc.mesh.local", "A", {.flags = 0x0760}), zone());
  EXPECT_EQ(reply[2], 0x85);
  EXPECT_EQ(reply[3], 0x80);
}

std::shared_ptr<const Zone> crowded_zone(std::size_t addresses, std::size_t ports,
                                         std::uint32_t max_addresses = 24) {
  ZoneSettings settings;
  settings.apexes = {name("mesh.local")};
  settings.max_addresses = max_addresses;
  std::vector<Ipv4> v4;
  std::vector<SrvPort> all_ports;
  for (std::size_t i = 0; i < addresses; ++i) {
    v4.push_back({241, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
  }
  for (std::size_t i = 0; i < ports; ++i) {
    all_ports.push_back({static_cast<std::uint16_t>(1000 + i), false, "p" + std::to_string(i)});
  }
  ZoneBuilder builder(std::move(settings));
  builder.add_host(name("big.svc.mesh.local"), v4, {}, all_ports);
  for (std::size_t i = 0; i < 100; ++i) {
    builder.add_host(name("alias-" + std::to_string(i) + ".svc.mesh.local"), {{{10, 0, 0, 1}}}, {},
                     {});
  }
  return std::move(builder).build();
}

TEST(AnswerTest, AtMostTwentyFourAddresses) {
  const auto zone = crowded_zone(100, 0);
  const Bytes query = make_query("big.svc.mesh.local", "A", {.edns = EdnsOptions{}});
  const Message reply = test::read(ask(query, *zone));
  EXPECT_EQ(reply.answer.size(), 24u);
  EXPECT_EQ(std::set<std::string>(reply.answer.begin(), reply.answer.end()).size(), 24u);
  EXPECT_FALSE(reply.tc);
}

TEST(AnswerTest, AddressesRotate) {
  const auto zone = crowded_zone(5, 0);
  std::set<std::string> first;
  std::set<Lines> sets;
  for (unsigned id = 0; id < 64; ++id) {
    Message reply = test::read(
        ask(make_query("big.svc.mesh.local", "A", {.id = static_cast<std::uint16_t>(id)}), *zone));
    ASSERT_EQ(reply.answer.size(), 5u);
    first.insert(reply.answer.front());
    std::ranges::sort(reply.answer);
    sets.insert(reply.answer);
  }
  EXPECT_EQ(first.size(), 5u);
  EXPECT_EQ(sets.size(), 1u);  // always the same ones
}

TEST(AnswerTest, AddressesAreMadeToFitADatagram) {
  // 512 octets take 12 of the header, 24 of the question and 29 addresses of 16.
  const auto zone = crowded_zone(100, 0, 100);
  const Message small = test::read(ask(make_query("big.svc.mesh.local", "A"), *zone));
  EXPECT_LE(small.size, 512u);
  EXPECT_EQ(small.answer.size(), 29u);
  EXPECT_FALSE(small.tc);
  const Message whole =
      test::read(ask(make_query("big.svc.mesh.local", "A"), *zone, Transport::Tcp));
  EXPECT_EQ(whole.answer.size(), 100u);
}

TEST(AnswerTest, AnRrsetIsNeverSplit) {
  // RFC 2181, 9: a client that gets TC asks again over TCP.
  const auto zone = crowded_zone(3, 60);
  for (const char* qname : {"big.svc.mesh.local", "1.0.0.10.in-addr.arpa"}) {
    SCOPED_TRACE(qname);
    const char* qtype = std::string_view(qname).ends_with("arpa") ? "PTR" : "SRV";
    for (const bool edns : {false, true}) {
      QueryOptions options;
      if (edns) options.edns = EdnsOptions{.payload = 4096};
      const Message reply = test::read(ask(make_query(qname, qtype, options), *zone));
      EXPECT_TRUE(reply.tc);
      EXPECT_TRUE(reply.answer.empty());
      EXPECT_TRUE(reply.authority.empty());
      EXPECT_EQ(reply.edns, edns);
      EXPECT_LE(reply.size, edns ? 1232u : 512u);
    }
    const Message whole = test::read(ask(make_query(qname, qtype), *zone, Transport::Tcp));
    EXPECT_FALSE(whole.tc);
    EXPECT_GE(whole.answer.size(), 60u);
  }
}

TEST(AnswerTest, AdditionalAddressesThatDontFitAreLeftOutWithoutTc) {
  // 10 SRV of 38 octets leave no room for 24 addresses in 512.
  const auto zone = crowded_zone(24, 10);
  const Message reply = test::read(ask(make_query("big.svc.mesh.local", "SRV"), *zone));
  EXPECT_EQ(reply.answer.size(), 10u);
  EXPECT_TRUE(reply.additional.empty());
  EXPECT_FALSE(reply.tc);
}

TEST(AnswerTest, TheLongestNameFitsWithItsSoa) {
  const std::string label(63, 'a');
  const std::string longest =
      label + '.' + label + '.' + label + '.' + std::string(50, 'b') + ".mesh.local";
  const Message reply = test::read(ask(make_query(longest, "A"), zone()));
  EXPECT_EQ(reply.rcode, "NXDOMAIN");
  EXPECT_EQ(reply.authority, Lines{kSoa});
}

TEST(AnswerTest, BeforeTheFirstTableOurZonesAreServfail) {
  ZoneSettings not_ready = settings();
  not_ready.ready = false;
  const auto zone = make_zone(not_ready);
  for (const char* qname :
       {"redis.svc.mesh.local", "mesh.local", "nope.mesh.local", "1.0.0.241.in-addr.arpa"}) {
    const Message reply = test::read(ask(make_query(qname, "A", {.edns = EdnsOptions{}}), *zone));
    EXPECT_EQ(reply.rcode, "SERVFAIL") << qname;
    EXPECT_EQ(reply.ede, 14) << qname;
  }
  EXPECT_EQ(verdict(make_query("www.example.org", "A"), *zone), Verdict::Forward);
}

TEST(AnswerTest, TheFirstOfTwoEqualNamesStays) {
  ZoneBuilder builder(settings());
  builder.add_host(name("a.mesh.local"), {{{241, 0, 0, 1}}}, {}, {});
  builder.add_host(name("A.mesh.local"), {{{241, 0, 0, 2}}}, {}, {});
  const auto zone = std::move(builder).build();
  EXPECT_EQ(zone->hosts(), 1u);
  EXPECT_EQ(test::read(ask(make_query("a.mesh.local", "A"), *zone)).answer,
            Lines{"a.mesh.local. 30 A 241.0.0.1"});
}

TEST(AnswerTest, AnEmptyZoneOwnsNothing) {
  const auto zone = ZoneBuilder({}).build();
  EXPECT_EQ(verdict(make_query("a.mesh.local", "A"), *zone), Verdict::Forward);
  EXPECT_EQ(verdict(make_query(".", "NS"), *zone), Verdict::Forward);
}

TEST(AnswerTest, AHostnameMayStandOverAnother) {
  ZoneBuilder builder(settings());
  builder.add_host(name("a.b.mesh.local"), {{{241, 0, 0, 1}}}, {}, {});
  builder.add_host(name("b.mesh.local"), {{{241, 0, 0, 2}}}, {}, {});
  builder.add_host(name("mesh.local"), {{{241, 0, 0, 3}}}, {}, {});
  const auto zone = std::move(builder).build();
  const auto address = [&](const char* qname) {
    return test::read(ask(make_query(qname, "A"), *zone)).answer;
  };
  EXPECT_EQ(address("a.b.mesh.local"), Lines{"a.b.mesh.local. 30 A 241.0.0.1"});
  EXPECT_EQ(address("b.mesh.local"), Lines{"b.mesh.local. 30 A 241.0.0.2"});
  EXPECT_EQ(address("mesh.local"), Lines{"mesh.local. 30 A 241.0.0.3"});
  EXPECT_EQ(test::read(ask(make_query("mesh.local", "SOA"), *zone)).answer.size(), 1u);
}

}  // namespace
}  // namespace dns
