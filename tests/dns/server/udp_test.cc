// UDP sockets, on real ones. Nothing sleeps: a read waits for what must arrive, and what must not
// arrive would have come before something that does.
#include "dns/server/udp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <map>
#include <optional>
#include <set>

#include "dns/server/bind.h"
#include "tests/dns/message.h"
#include "tests/dns/server/parts.h"
#include "tests/dns/server/socket.h"

namespace dns {
namespace {

using test::address_in;
using test::Bytes;
using test::make_query;
using test::Socket;
using Queue = UdpSocket::Queue;

const Bytes kWeb = make_query("web.mesh.local", "A");

class Fixture : public test::Parts {
 public:
  // Datagrams wait in the kernel until start().
  explicit Fixture(const char* address = "127.0.0.1", Queue queue = Queue::Own)
      : address_(check_free({address, 0})),
        descriptor_(bind_udp(address_)),
        socket(io, descriptor_, queue, is_wildcard(address_), responder) {}
  ~Fixture() {
    if (running) {
      running->call([this] { socket.close(); });
      resolver.abandon();
      running.reset();
    }
  }

  void start() {
    socket.start();
    running.emplace(io);
  }
  std::uint16_t port() const { return address_.port; }
  int descriptor() const { return descriptor_; }

 private:
  Endpoint address_;
  int descriptor_;  // the socket's

 public:
  UdpSocket socket;
  std::optional<test::Running> running;
};

TEST(UdpTest, WhatIsAnsweredAndWhatIsDropped) {
  const struct {
    const char* why;
    Bytes datagram;
    std::string reply;  // its first rdata, or its rcode; empty: none
  } kCases[] = {
      {"a query", kWeb, "241.0.0.1"},
      {"an empty datagram", {}, ""},
      {"less than a header", {1, 2, 3}, ""},
      {"a response", {0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0}, ""},
      {"a header without its question", {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "FORMERR"},
      {"more than a query can be", Bytes(4000, 0), "FORMERR"},
      {"the largest datagram", Bytes(65507, 0), "FORMERR"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture server;
    server.start();
    Socket client(SOCK_DGRAM, server.port());
    client.send(c.datagram);
    if (!c.reply.empty()) {
      EXPECT_EQ(address_in(client.receive()), c.reply);
    }
    client.send(kWeb);
    EXPECT_EQ(address_in(client.receive()), "241.0.0.1")
        << "the next is answered, and nothing else";
    EXPECT_EQ(server.responder.counts().dropped.value(), c.reply.empty() ? 1u : 0u);
  }
}

TEST(UdpTest, AllOfABacklogIsAnsweredToItsSenders) {
  constexpr int kClients = 10;
  constexpr std::uint16_t kEach = 50;  // no more than an unprivileged socket's buffer holds
  Fixture server;
  std::list<Socket> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(SOCK_DGRAM, server.port());
  for (std::uint16_t id = 0; id < kEach; ++id) {
    for (Socket& client : clients) client.send(make_query("web.mesh.local", "A", {.id = id}));
  }
  server.start();
  for (Socket& client : clients) {
    std::set<std::uint16_t> ids;
    for (int i = 0; i < kEach; ++i) ids.insert(test::read(client.receive()).id);
    EXPECT_EQ(ids.size(), kEach);
  }
}

TEST(UdpTest, AReplyLeavesFromTheAddressThatWasAsked) {
  Fixture server("0.0.0.0");
  server.start();
  for (const char* asked : {"127.0.0.1", "127.8.9.10"}) {
    SCOPED_TRACE(asked);
    // A connected socket only takes datagrams from where it is connected to.
    Socket client(SOCK_DGRAM, server.port(), asked);
    client.send(kWeb);
    EXPECT_EQ(address_in(client.receive()), "241.0.0.1");
    const std::string qname = std::string("of-") + std::to_string(asked[4]) + ".test";
    client.send(make_query(qname, "A"));
    server.upstreams.reply(server.upstreams.next(), {.answer = {qname + ". 60 A 192.0.2.1"}});
    EXPECT_EQ(address_in(client.receive()), "192.0.2.1") << "later, too";
  }
}

TEST(UdpTest, AnswersOfUpstreamsGoToWhoAsked) {
  Fixture server;
  server.start();
  Socket one(SOCK_DGRAM, server.port());
  Socket two(SOCK_DGRAM, server.port());
  one.send(make_query("one.test", "A", {.id = 1}));
  two.send(make_query("two.test", "A", {.id = 2}));
  std::map<std::string, test::FakeUpstreams::Asked> asked;
  for (int i = 0; i < 2; ++i) {
    const auto next = server.upstreams.next();
    asked[next.question] = next;
  }
  two.send(kWeb);
  EXPECT_EQ(address_in(two.receive()), "241.0.0.1") << "ours are answered meanwhile";
  server.upstreams.reply(asked["two.test. 1"], {.answer = {"two.test. 60 A 192.0.2.2"}});
  EXPECT_EQ(address_in(two.receive()), "192.0.2.2");
  server.upstreams.reply(asked["one.test. 1"], {.answer = {"one.test. 60 A 192.0.2.1"}});
  const Bytes reply = one.receive();
  EXPECT_EQ(address_in(reply), "192.0.2.1");
  EXPECT_EQ(test::read(reply).id, 1);
}

TEST(UdpTest, AClientThatIsGoneDoesNotHoldUpTheRestOfABatch) {
  Fixture server;
  std::optional<Socket> gone(std::in_place, SOCK_DGRAM, server.port());
  Socket client(SOCK_DGRAM, server.port());
  for (int i = 0; i < 10; ++i) {
    gone->send(kWeb);
    client.send(kWeb);
  }
  gone.reset();
  server.start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(address_in(client.receive()), "241.0.0.1");
}

TEST(UdpTest, DrainingAnswersWhatWasReceivedAndWhatIsInFlight) {
  Fixture server;
  server.start();
  Socket waiting(SOCK_DGRAM, server.port());
  waiting.send(make_query("slow.test", "A"));
  const auto slow = server.upstreams.next();
  Socket client(SOCK_DGRAM, server.port());
  server.running->call([&] {
    for (int i = 0; i < 200; ++i) client.send(kWeb);
    server.socket.drain();
  });
  for (int i = 0; i < 200; ++i) EXPECT_EQ(address_in(client.receive()), "241.0.0.1");
  client.send(kWeb);  // while a query is in flight, the socket is open
  server.upstreams.reply(slow, {.answer = {"slow.test. 60 A 192.0.2.1"}});
  EXPECT_EQ(address_in(waiting.receive()), "192.0.2.1");
  EXPECT_EQ(address_in(client.receive()), "241.0.0.1");
  server.running->call([] {});
  EXPECT_FALSE(client.try_send(kWeb) && client.try_send(kWeb)) << "the port is closed";
}

TEST(UdpTest, AQueueThatIsLedIsLeftToTheNextProcess) {
  Fixture server("127.0.0.1", Queue::Led);
  server.start();
  Socket waiting(SOCK_DGRAM, server.port());
  waiting.send(make_query("slow.test", "A"));
  const auto slow = server.upstreams.next();
  const int queue = dup(server.descriptor());
  server.running->call([&] { server.socket.drain(); });
  Socket client(SOCK_DGRAM, server.port());
  client.send(kWeb);
  server.socket.request_help();  // by a worker that has not been drained yet
  server.upstreams.reply(slow, {.answer = {"slow.test. 60 A 192.0.2.1"}});
  EXPECT_EQ(address_in(waiting.receive()), "192.0.2.1") << "while the queue is left";
  Bytes left(512);
  EXPECT_EQ(recv(queue, left.data(), left.size(), MSG_DONTWAIT), static_cast<ssize_t>(kWeb.size()));
  close(queue);
}

TEST(UdpTest, AHelperReadsWhenItIsAskedOnly) {
  Fixture server("127.0.0.1", Queue::Helped);
  Socket client(SOCK_DGRAM, server.port());
  server.start();
  for (int i = 0; i < 200; ++i) client.send(kWeb);
  server.running->call([] {});
  EXPECT_EQ(server.responder.counts().queries[0][counted_type(1)].value(), 0u);
  for (int round = 0; round < 2; ++round) {
    server.socket.request_help();
    for (int i = 0; i < 200; ++i) EXPECT_EQ(address_in(client.receive()), "241.0.0.1");
    for (int i = 0; i < 200; ++i) client.send(kWeb);
  }
}

}  // namespace
}  // namespace dns
