#include "redirect/holders.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace redirect {
namespace {

constexpr const char* kUdp =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops\n"
    "  101: 0100007F:3ACD 00000000:0000 07 00000000:00000000 00:00000000 00000000   991        0 "
    "1001 2 0000000000000000 0\n"
    "  102: 00000000:3ACD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "1002 2 0000000000000000 0\n"
    "  103: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "1003 2 0000000000000000 0\n"
    "  104: 0A0200C0:3ACD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "1004 2 0000000000000000 0\n"
    "  105: 0100007F:3ACD cut\n";
constexpr const char* kUdp6 =
    "  201: 00000000000000000000000001000000:3ACD 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000     0        0 2001 2 0000000000000000 0\n"
    "  202: B80D0120000000000000000010000000:3ACD 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000     0        0 2002 2 0000000000000000 0\n";

TEST(HoldersTest, SocketsOfProc) {
  using Inodes = std::set<std::uint64_t>;
  const struct {
    const char* why;
    const char* text;
    const char* address;
    std::uint16_t port;
    Inodes inodes;
  } kCases[] = {
      {"bound to it, or to the wildcard", kUdp, "127.0.0.1", 15053, {1001, 1002}},
      {"another port", kUdp, "127.0.0.1", 53, {1003}},
      {"another address", kUdp, "192.0.2.10", 15053, {1002, 1004}},
      {"nobody", kUdp, "127.0.0.1", 54, {}},
      {"IPv6 loopback", kUdp6, "::1", 15053, {2001}},
      {"IPv6", kUdp6, "2001:db8::10", 15053, {2002}},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(bound_inodes(row.text, *mesh::Ip::parse(row.address), row.port), row.inodes)
        << row.why;
  }
}

TEST(HoldersTest, WeHoldOurOwn) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(fd, generic, size), 0);
  ASSERT_EQ(getsockname(fd, generic, &size), 0);
  const auto found = holders(*mesh::Ip::parse("127.0.0.1"), ntohs(address.sin_port));
  close(fd);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].pid, getpid());
  EXPECT_EQ(found[0].uid, geteuid());
  EXPECT_EQ(found[0].name.substr(0, 8), "redirect");
}

}  // namespace
}  // namespace redirect
