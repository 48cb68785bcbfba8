// Which sockets that were passed can be served, and how they pair up.
#include "dns/server/inherit.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

using Kind = Passed::Kind;

const Endpoint kHere{"127.0.0.1", 53};
const Endpoint kSix{"::1", 53};

std::string error_of(const std::vector<Passed>& passed) {
  try {
    pair_up(passed);
    return "";
  } catch (const BindError& error) {
    return error.what();
  }
}

TEST(InheritTest, SocketsOfOneAddressArePairedInAnyOrder) {
  const std::vector<SocketPair> expected = {{kHere, 5, 3}, {kSix, 6, 4}};
  EXPECT_EQ(pair_up({{3, Kind::Tcp, kHere},
                     {4, Kind::Tcp, kSix},
                     {5, Kind::Udp, kHere},
                     {6, Kind::Udp, kSix}}),
            expected);
  EXPECT_TRUE(pair_up({}).empty());
}

struct RefusedCase {
  const char* why;
  std::vector<Passed> passed;
  std::string said;
};

TEST(InheritTest, WhatCantBeServedNamesWhatWasFoundAndTheRemedy) {
  const RefusedCase cases[] = {
      {"UDP without its TCP",
       {{3, Kind::Udp, kHere}},
       "127.0.0.1:53 was passed as a UDP socket only, and DNS needs both: add "
       "ListenStream=127.0.0.1:53 to the socket unit"},
      {"TCP without its UDP",
       {{3, Kind::Tcp, kSix}},
       "[::1]:53 was passed as a TCP socket only, and DNS needs both: add "
       "ListenDatagram=[::1]:53 to the socket unit"},
      {"TCP of another address",
       {{3, Kind::Udp, kHere}, {4, Kind::Tcp, kSix}},
       "127.0.0.1:53 was passed as a UDP socket only"},
      {"two UDP sockets of one address",
       {{3, Kind::Udp, kHere}, {4, Kind::Tcp, kHere}, {5, Kind::Udp, kHere}},
       "127.0.0.1:53 was passed twice, as descriptors 3 and 5"},
      {"a connection",
       {{3, Kind::Udp, kHere}, {4, Kind::TcpStream, kHere}},
       "descriptor 4, which was passed to us, (127.0.0.1:53) is a TCP socket that doesn't listen"},
      {"no port", {{3, Kind::Udp, {"0.0.0.0", 0}}}, "bound to no port"},
      {"a Unix socket", {{3, Kind::Unix, {}}}, "descriptor 3, which was passed to us, is a Unix"},
      {"another socket", {{3, Kind::OtherSocket, {}}}, "of another sort than UDP and TCP"},
      {"no socket", {{3, Kind::NoSocket, {}}}, "is no socket"},
  };
  for (const RefusedCase& c : cases) {
    EXPECT_NE(error_of(c.passed).find(c.said), std::string::npos)
        << c.why << ": " << error_of(c.passed);
  }
}

}  // namespace
}  // namespace dns
