#include "logging/query_log.h"

#include <gtest/gtest.h>

#include "dns/query.h"

namespace logging {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

constexpr dns::ClientAddress kV4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
constexpr dns::ClientAddress kV6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// "Web.mesh." of a type, one question.
Bytes query(std::uint16_t qtype) {
  Bytes bytes = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'W', 'e', 'b', 4, 'm', 'e', 's', 'h', 0};
  for (const int value : {qtype >> 8, qtype & 0xff, 0, 1}) {
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  return bytes;
}

std::string text(const dns::Exchange& exchange) {
  const QueryLine line = query_line(exchange);
  return line.qname + ' ' + line.qtype + ' ' + line.rcode + ' ' + line.source + ' ' +
         line.microseconds + ' ' + line.client + ' ' + line.transport;
}

TEST(QueryLogTest, WhatIsTold) {
  using dns::Rcode;
  using dns::Source;
  using dns::Transport;
  const Bytes a = query(1);
  const Bytes unknown = query(65280);
  const Bytes none = {0, 7, 1, 0};
  const struct {
    const char* why;
    dns::Exchange exchange;
    const char* line;
  } kCases[] = {
      {"one of the mesh",
       {a, {}, {kV4, 4000}, Transport::Udp, Source::Mesh, Rcode::NoError, 12'999ns},
       "web.mesh. A NOERROR mesh 12 192.0.2.7:4000 udp"},
      {"over IPv6 and TCP",
       {a, {}, {kV6, 4000}, Transport::Tcp, Source::Upstream, Rcode::NxDomain, 3ms},
       "web.mesh. A NXDOMAIN upstream 3000 [2001:db8::1]:4000 tcp"},
      {"a type without a name (RFC 3597, 5)",
       {unknown, {}, {kV4, 1}, Transport::Udp, Source::Stale, Rcode::NoError, 0ns},
       "web.mesh. TYPE65280 NOERROR stale 0 192.0.2.7:1 udp"},
      {"an rcode in two parts (RFC 6891, 6.1.3)",
       {a, {}, {kV4, 1}, Transport::Udp, Source::Mesh, Rcode::BadVers, 0ns},
       "web.mesh. A BADVERS mesh 0 192.0.2.7:1 udp"},
      {"an rcode without a name",
       {a, {}, {kV4, 1}, Transport::Udp, Source::Upstream, Rcode{23}, 0ns},
       "web.mesh. A RCODE23 upstream 0 192.0.2.7:1 udp"},
      {"no question",
       {none, {}, {kV4, 1}, Transport::Udp, Source::Mesh, Rcode::FormErr, 0ns},
       "  FORMERR mesh 0 192.0.2.7:1 udp"},
  };
  for (const auto& row : kCases) EXPECT_EQ(text(row.exchange), row.line) << row.why;
}

TEST(QueryLogTest, WhichAreTaken) {
  const struct {
    const char* why;
    config::QueryLog which;
    std::chrono::nanoseconds took;
    int taken;  // of 100
  } kCases[] = {
      {"off", {0, 0}, 1s, 0},
      {"on", {1, 0}, 0s, 100},
      {"one of ten", {10, 0}, 0s, 10},
      {"the slow ones: this is one", {1, 50}, 50ms, 100},
      {"the slow ones: this is none", {1, 50}, 49'999us, 0},
  };
  for (const auto& row : kCases) {
    QuerySampler sampler(row.which, 2);
    for (const unsigned worker : {0u, 1u}) {
      int taken = 0;
      for (int i = 0; i < 100; ++i) taken += sampler.takes(worker, {.took = row.took});
      EXPECT_EQ(taken, row.taken) << row.why;
    }
  }
}

}  // namespace
}  // namespace logging
