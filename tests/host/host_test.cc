#include "host/host.h"

#include <gtest/gtest.h>

namespace host {
namespace {

TEST(HostTest, QuotaOfACgroup) {
  const struct {
    const char* cpu_max;
    unsigned cores;
  } kCases[] = {{"max 100000\n", 0},
                {"100000 100000\n", 1},
                {"150000 100000\n", 2},
                {"1000 100000\n", 1},
                {"", 0},
                {"x y\n", 0},
                {"100000 0\n", 0}};
  for (const auto& row : kCases) EXPECT_EQ(quota_cores(row.cpu_max), row.cores) << row.cpu_max;
  EXPECT_GE(allowed_cores(), 1u);
}

TEST(HostTest, RoutesOfProc) {
  const auto v4 = parse_ipv4_routes(
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
      "tun0\t000000F1\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
      "cut\n");
  ASSERT_EQ(v4.size(), 2u) << "the default route covers everything";
  EXPECT_EQ(v4[0].range.to_string(), "172.17.0.0/16");
  EXPECT_EQ(v4[1].range.to_string(), "241.0.0.0/8");
  EXPECT_NE(v4[1].what.find("tun0"), std::string::npos);
  const auto v6 = parse_ipv6_routes(
      "fd000241000000000000000000000000 40 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n");
  ASSERT_EQ(v6.size(), 1u);
  EXPECT_EQ(v6[0].range.to_string(), "fd00:241::/64");
}

TEST(HostTest, APoolThatCoversWhatIsReachedOtherwiseIsAWarning) {
  vip::Pools pools;
  pools.of(mesh::Kind::MeshService) = {*mesh::Cidr::parse("241.0.0.0/8"),
                                       *mesh::Cidr::parse("10.99.0.0/16")};
  const auto warned =
      check_overlap(pools, {{*mesh::Cidr::parse("10.0.0.0/8"), "route by eth0"},
                            {*mesh::Cidr::parse("192.168.0.0/16"), "route by eth1"}});
  ASSERT_EQ(warned.size(), 1u);
  EXPECT_EQ(warned[0].severity, mesh::Severity::Warning);
  for (const char* part : {"10.99.0.0/16", "10.0.0.0/8", "eth0"}) {
    EXPECT_NE(warned[0].message.find(part), std::string::npos) << warned[0].message;
  }
}

}  // namespace
}  // namespace host
