#include "dns/socket_address.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

TEST(SocketAddressTest, TextIsReadAndWritten) {
  const struct {
    const char* why;
    const char* ip;
    int family;  // 0: refused
    const char* text;
  } kCases[] = {
      {"IPv4", "192.0.2.1", AF_INET, "192.0.2.1:53"},
      {"IPv6 is put in brackets", "2001:db8::1", AF_INET6, "[2001:db8::1]:53"},
      {"a link-local address with its interface", "fe80::1%lo", AF_INET6, "[fe80::1%lo]:53"},
      {"no such interface", "fe80::1%nothing0", 0, "[fe80::1%nothing0]:53"},
      {"a name is never looked up", "localhost", 0, "localhost:53"},
      {"nothing", "", 0, ":53"},
  };
  for (const auto& c : kCases) {
    const auto address = numeric_address(c.ip, 53);
    EXPECT_EQ(address ? address->family() : 0, c.family) << c.why;
    EXPECT_EQ(address ? address->port() : 53, 53) << c.why;
    EXPECT_EQ(address_text(c.ip, 53), c.text) << c.why;
  }
}

TEST(SocketAddressTest, ThePortCanBeChanged) {
  for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
    SocketAddress address = *numeric_address(ip, 53);
    address.set_port(5353);
    EXPECT_EQ(address.port(), 5353) << ip;
  }
}

}  // namespace
}  // namespace dns
