#include "logging/dnstap.h"

#include <dnstap.pb-c.h>
#include <gtest/gtest.h>

namespace logging {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

struct Free {
  void operator()(Dnstap__Dnstap* message) const {
    dnstap__dnstap__free_unpacked(message, nullptr);
  }
};
using Unpacked = std::unique_ptr<Dnstap__Dnstap, Free>;

std::string bytes(const ProtobufCBinaryData& data) {
  return {reinterpret_cast<const char*>(data.data), data.len};
}

class DnstapTest : public testing::Test {
 protected:
  Unpacked unpacked(TapMessage which) {
    const auto packed = tap_message(which, {"web-1", "mesh-dns 1"}, exchange_, replied_);
    return Unpacked(dnstap__dnstap__unpack(nullptr, packed.size(), packed.data()));
  }

  const std::vector<std::uint8_t> query_ = {1, 2, 3};
  const std::vector<std::uint8_t> reply_ = {4, 5};
  const system_clock::time_point replied_{1'700'000'000s + 250ms};
  dns::Exchange exchange_{query_,
                          reply_,
                          {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 4000},
                          dns::Transport::Udp,
                          dns::Source::Mesh,
                          dns::Rcode::NoError,
                          500ms};
};

TEST_F(DnstapTest, AQueryAndWhenItCame) {
  const Unpacked message = unpacked(TapMessage::ClientQuery);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(bytes(message->identity), "web-1");
  EXPECT_EQ(bytes(message->version), "mesh-dns 1");
  const Dnstap__Message& inner = *message->message;
  EXPECT_EQ(inner.type, DNSTAP__MESSAGE__TYPE__CLIENT_QUERY);
  EXPECT_EQ(inner.socket_family, DNSTAP__SOCKET_FAMILY__INET);
  EXPECT_EQ(inner.socket_protocol, DNSTAP__SOCKET_PROTOCOL__UDP);
  EXPECT_EQ(bytes(inner.query_address), std::string("\xc0\0\2\7", 4));
  EXPECT_EQ(inner.query_port, 4000u);
  EXPECT_EQ(bytes(inner.query_message), "\1\2\3");
  EXPECT_EQ(inner.query_time_sec, 1'699'999'999u);
  EXPECT_EQ(inner.query_time_nsec, 750'000'000u);
  EXPECT_FALSE(inner.has_response_message);
}

TEST_F(DnstapTest, AReplyAndWhenItWent) {
  exchange_.client.address = {0x20, 0x01, 0x0d, 0xb8};
  exchange_.transport = dns::Transport::Tcp;
  const Unpacked message = unpacked(TapMessage::ClientResponse);
  ASSERT_NE(message, nullptr);
  const Dnstap__Message& inner = *message->message;
  EXPECT_EQ(inner.type, DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE);
  EXPECT_EQ(inner.socket_family, DNSTAP__SOCKET_FAMILY__INET6);
  EXPECT_EQ(inner.socket_protocol, DNSTAP__SOCKET_PROTOCOL__TCP);
  EXPECT_EQ(inner.query_address.len, 16u);
  EXPECT_EQ(bytes(inner.response_message), "\4\5");
  EXPECT_EQ(inner.query_time_sec, 1'699'999'999u);
  EXPECT_EQ(inner.response_time_sec, 1'700'000'000u);
  EXPECT_EQ(inner.response_time_nsec, 250'000'000u);
  EXPECT_FALSE(inner.has_query_message);
}

TEST_F(DnstapTest, APathThatNoSocketCanHave) {
  EXPECT_THROW(Dnstap(std::string(200, 'x'), {}, 1), std::runtime_error);
}

TEST_F(DnstapTest, WithoutACollectorNobodyWaits) {
  Dnstap tap("/nonexistent/dnstap.sock", {}, 2);
  for (int i = 0; i < 20'000; ++i) tap.tell(1, exchange_);
}

}  // namespace
}  // namespace logging
