#include "dns/server/counters.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

TEST(CountersTest, TypesAndRcodesByNumber) {
  // IANA's registries of RR types and of RCODEs.
  const std::pair<std::uint16_t, const char*> kTypes[] = {
      {1, "A"},    {28, "AAAA"}, {33, "SRV"},  {12, "PTR"},   {6, "SOA"},      {2, "NS"},
      {16, "TXT"}, {15, "MX"},   {5, "CNAME"}, {65, "HTTPS"}, {64, "SVCB"},    {48, "DNSKEY"},
      {43, "DS"},  {255, "ANY"}, {0, "other"}, {99, "other"}, {65535, "other"}};
  for (const auto& [number, name] : kTypes) {
    EXPECT_EQ(kCountedTypes[counted_type(number)], name) << number;
  }
  const std::pair<std::uint16_t, const char*> kRcodes[] = {
      {0, "NOERROR"}, {1, "FORMERR"},  {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},
      {5, "REFUSED"}, {16, "BADVERS"}, {9, "other"},    {4095, "other"}};
  for (const auto& [number, name] : kRcodes) {
    EXPECT_EQ(kCountedRcodes[counted_rcode(number)], name) << number;
  }
}

}  // namespace
}  // namespace dns
