#include "dns/resolver/routes.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

TEST(RoutesTest, TheLongestZoneDecides) {
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

TEST(RoutesTest, UpstreamsAsTheyAreWritten) {
  EXPECT_EQ(to_string(UpstreamAddress{"192.0.2.1", 53}), "192.0.2.1:53");
  EXPECT_EQ(to_string(UpstreamAddress{"fe80::1%eth0", 5353}), "[fe80::1%eth0]:5353");
}

}  // namespace
}  // namespace dns
