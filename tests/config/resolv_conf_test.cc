#include "config/resolv_conf.h"

#include <gtest/gtest.h>

namespace config {
namespace {

using Addresses = std::vector<std::string>;

TEST(ResolvConfTest, NameserversInTheirOrder) {
  const ResolvConf conf = parse_resolv_conf(
      "# made by hand\n"
      "search example.org\n"
      "nameserver 192.0.2.2\n"
      "\tnameserver\t2001:db8::1 # the second\n"
      ";nameserver 192.0.2.9\n"
      "nameserver fe80::1%eth0\n"
      "nameserver 192.0.2.2\n"
      "options ndots:5",
      "/etc/resolv.conf");
  EXPECT_EQ(conf.nameservers, (Addresses{"192.0.2.2", "2001:db8::1", "fe80::1%eth0"}));
  EXPECT_TRUE(conf.diagnostics.empty());
}

TEST(ResolvConfTest, WhatIsNoAddressIsToldAndLeftOut) {
  const ResolvConf conf = parse_resolv_conf(
      "nameserver ns.example.org\nnameserver\nnameserver 192.0.2.1%eth0\nnameserver fe80::1%\n"
      "nameserver 192.0.2.1\n",
      "r.conf");
  EXPECT_EQ(conf.nameservers, Addresses{"192.0.2.1"});
  ASSERT_EQ(conf.diagnostics.size(), 4u);
  EXPECT_EQ(mesh::to_string(conf.diagnostics[0]),
            "r.conf:1:1: warning: nameserver: expected an address, found \"ns.example.org\": this "
            "line is ignored");
  EXPECT_EQ(conf.diagnostics[1].position.line, 2u);
}

TEST(ResolvConfTest, AnEmptyFileNamesNobody) {
  EXPECT_TRUE(parse_resolv_conf("", "r.conf").nameservers.empty());
  EXPECT_TRUE(parse_resolv_conf("nameserve", "r.conf").nameservers.empty());
}

}  // namespace
}  // namespace config
