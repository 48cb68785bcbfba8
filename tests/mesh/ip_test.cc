#include "mesh/ip.h"

#include <gtest/gtest.h>

namespace mesh {
namespace {

TEST(IpTest, ParseAndText) {
  const struct {
    const char* why;
    const char* text;
    const char* result;  // "": refused
  } kCases[] = {
      {"dotted decimal", "241.0.0.1", "241.0.0.1"},
      {"the lowest", "0.0.0.0", "0.0.0.0"},
      {"the highest", "255.255.255.255", "255.255.255.255"},
      {"an octet above 255", "241.0.0.256", ""},
      {"three octets", "241.0.1", ""},
      {"octal is a trap", "010.0.0.1", ""},
      {"blanks", " 241.0.0.1", ""},
      {"nothing", "", ""},
      {"a name", "localhost", ""},
      {"IPv6", "fd00::1", "fd00::1"},
      {"upper case is lowered (RFC 5952, 4.3)", "FD00::A", "fd00::a"},
      {"the longest run of zeros is cut (RFC 5952, 4.2.3)", "1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"all zeros", "::", "::"},
      {"mapped IPv4", "::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"a zone index", "fe80::1%eth0", ""},
      {"brackets", "[::1]", ""},
      {"two runs", "1::2::3", ""},
  };
  for (const auto& row : kCases) {
    const auto ip = Ip::parse(row.text);
    EXPECT_EQ(ip ? ip->to_string() : "", row.result) << row.why;
  }
}

TEST(IpTest, OrderIsByFamilyThenNumber) {
  EXPECT_LT(*Ip::parse("9.0.0.0"), *Ip::parse("10.0.0.0"));
  EXPECT_LT(*Ip::parse("255.0.0.0"), *Ip::parse("::1"));
  EXPECT_LT(*Ip::parse("::1"), *Ip::parse("::1:0"));
}

TEST(IpTest, PlusCarries) {
  EXPECT_EQ(Ip::parse("241.0.0.255")->plus(1).to_string(), "241.0.1.0");
  EXPECT_EQ(Ip::parse("241.255.255.255")->plus(2).to_string(), "242.0.0.1");
  EXPECT_EQ(Ip::parse("fd00::ffff:ffff:ffff:ffff")->plus(1).to_string(), "fd00:0:0:1::");
}

TEST(CidrTest, Parse) {
  const struct {
    const char* why;
    const char* text;
    const char* result;
    const char* last;
  } kCases[] = {
      {"a range", "241.0.0.0/8", "241.0.0.0/8", "241.255.255.255"},
      {"an address alone", "192.0.2.1", "192.0.2.1/32", "192.0.2.1"},
      {"everything", "0.0.0.0/0", "0.0.0.0/0", "255.255.255.255"},
      {"IPv6", "fd00:241::/112", "fd00:241::/112", "fd00:241::ffff"},
      {"an odd length", "10.96.0.0/12", "10.96.0.0/12", "10.111.255.255"},
      {"bits behind the prefix hint at a mistake", "241.0.0.1/8", "", ""},
      {"too long", "241.0.0.0/33", "", ""},
      {"too long for IPv6", "fd00::/129", "", ""},
      {"no length", "241.0.0.0/", "", ""},
      {"a sign", "241.0.0.0/+8", "", ""},
      {"a mask", "241.0.0.0/255.0.0.0", "", ""},
      {"no address", "/8", "", ""},
  };
  for (const auto& row : kCases) {
    const auto cidr = Cidr::parse(row.text);
    EXPECT_EQ(cidr ? cidr->to_string() : "", row.result) << row.why;
    EXPECT_EQ(cidr ? cidr->last().to_string() : "", row.last) << row.why;
  }
}

TEST(CidrTest, ContainsAndOverlaps) {
  const Cidr pool = *Cidr::parse("10.96.0.0/12");
  EXPECT_TRUE(pool.contains(*Ip::parse("10.96.0.0")));
  EXPECT_TRUE(pool.contains(*Ip::parse("10.111.255.255")));
  EXPECT_FALSE(pool.contains(*Ip::parse("10.112.0.0")));
  EXPECT_FALSE(pool.contains(*Ip::parse("::10.96.0.0")));
  EXPECT_TRUE(pool.overlaps(*Cidr::parse("10.100.0.0/16")));
  EXPECT_TRUE(pool.overlaps(*Cidr::parse("10.0.0.0/8")));
  EXPECT_FALSE(pool.overlaps(*Cidr::parse("10.112.0.0/12")));
  EXPECT_FALSE(Cidr::parse("::/0")->overlaps(*Cidr::parse("0.0.0.0/0")));
  EXPECT_TRUE(Cidr::parse("0.0.0.0/0")->overlaps(pool));
  EXPECT_EQ(Cidr::containing(*Ip::parse("10.100.1.2"), 12), pool);
}

}  // namespace
}  // namespace mesh
