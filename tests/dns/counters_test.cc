#include "dns/counters.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

using namespace std::chrono_literals;

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

TEST(CountersTest, ADurationsRangeHasItsUpperBound) {
  const std::pair<std::chrono::nanoseconds, std::size_t> kCases[] = {
      {0ns, 0}, {10us, 0}, {10001ns, 1}, {25us, 1}, {1ms, 6}, {2500ms, 16}, {2501ms, 17}, {1h, 17}};
  for (const auto& [duration, range] : kCases) {
    EXPECT_EQ(Durations::range_of(duration), range) << duration.count();
  }
}

}  // namespace
}  // namespace dns
