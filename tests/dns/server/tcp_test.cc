// TCP connections, on real sockets. Nothing sleeps: a connection is over its limit, idle or
// answered by what the test does, and a read waits for what must arrive.
#include "dns/server/tcp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <list>
#include <set>

#include "dns/server/bind.h"
#include "tests/dns/message.h"
#include "tests/dns/server/parts.h"
#include "tests/dns/server/socket.h"

namespace dns {
namespace {

using test::address_in;
using test::Bytes;
using test::framed;
using test::make_query;
using test::Socket;

const Bytes kWeb = make_query("web.mesh.local", "A");
constexpr std::uint32_t kNever = 10 * test::kPatienceMs;  // an idle timeout, ms

struct Options {
  unsigned all = 1024;
  unsigned per_client = 256;
  std::uint32_t idle_timeout = kNever;
};

class Fixture : public test::Parts {
 public:
  explicit Fixture(const Options& options = {})
      : Parts(options.all, options.per_client),
        address_(check_free({"127.0.0.1", 0})),
        listener(io, bind_tcp(address_), options.idle_timeout, responder, shared) {
    listener.start();
    running.emplace(io);
  }
  ~Fixture() {
    running->call([this] {
      listener.drain();
      listener.close_all();
    });
    resolver.abandon();
    running.reset();
  }

  std::uint16_t port() const { return address_.port; }
  std::uint64_t closed_at_limit() { return responder.counts().tcp_closed_at_limit.value(); }

 private:
  Endpoint address_;

 public:
  TcpListener listener;
  std::optional<test::Running> running;
};

// Whether a connection is served: it is asked something.
bool is_served(Socket& socket) {
  return socket.try_send(framed(kWeb)) && !socket.receive_message().empty();
}

TEST(TcpTest, AMessageMayArriveInAnyPieces) {
  const Bytes message = framed(kWeb);
  Bytes two = message;
  two.insert(two.end(), message.begin(), message.end());
  const struct {
    const char* why;
    std::vector<std::size_t> ends;  // of the pieces
  } kCases[] = {
      {"both at once", {two.size()}},
      {"byte by byte",
       [&] {
         std::vector<std::size_t> ends(two.size());
         for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = i + 1;
         return ends;
       }()},
      {"cut in the length", {1, two.size()}},
      {"cut behind the length", {2, two.size()}},
      {"cut in the header", {7, two.size()}},
      {"the last byte alone", {message.size() - 1, message.size(), two.size()}},
      {"one message each", {message.size(), two.size()}},
      {"one and half of the next's length", {message.size() + 1, two.size()}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture server;
    Socket client(SOCK_STREAM, server.port());
    std::size_t begin = 0;
    for (const std::size_t end : c.ends) {
      client.send({two.begin() + static_cast<std::ptrdiff_t>(begin),
                   two.begin() + static_cast<std::ptrdiff_t>(end)});
      begin = end;
    }
    for (int i = 0; i < 2; ++i) EXPECT_EQ(address_in(client.receive_message()), "241.0.0.1");
  }
}

TEST(TcpTest, PipelinedQueriesAreAllAnsweredAfterAHalfClose) {
  Fixture server;
  Socket client(SOCK_STREAM, server.port());
  constexpr std::uint16_t kCount = 500;
  Bytes stream;
  for (std::uint16_t id = 0; id < kCount; ++id) {
    const Bytes one = framed(make_query("web.mesh.local", "A", {.id = id}));
    stream.insert(stream.end(), one.begin(), one.end());
  }
  client.send(stream);
  client.half_close();
  std::set<std::uint16_t> ids;
  for (Bytes reply = client.receive_message(); !reply.empty(); reply = client.receive_message()) {
    ids.insert(test::read(reply).id);
  }
  EXPECT_EQ(ids.size(), kCount);
}

TEST(TcpTest, WhatIsNoQueryDoesNotEndTheConnection) {
  const struct {
    const char* why;
    Bytes message;
    bool answered;
  } kCases[] = {
      {"an empty message", {}, false},
      {"less than a header", {1, 2, 3, 4, 5}, false},
      {"a response", Bytes{0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0}, false},
      {"a header without its question", Bytes{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, true},
      {"the largest message", Bytes(65535, 0), true},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture server;
    Socket client(SOCK_STREAM, server.port());
    client.send(framed(c.message));
    if (c.answered) {
      EXPECT_EQ(test::read(client.receive_message()).rcode, "FORMERR");
    }
    client.send(framed(kWeb));
    EXPECT_EQ(address_in(client.receive_message()), "241.0.0.1");
    EXPECT_EQ(server.responder.counts().dropped.value(), c.answered ? 0u : 1u);
  }
}

TEST(TcpTest, Limits) {
  const struct {
    const char* why;
    Options options;
    std::vector<const char*> clients;  // who connects, one after the other
    std::vector<bool> served;          // which of them are, at the end
    std::uint64_t closed;              // at a limit
  } kCases[] = {
      {"below the limits",
       {.all = 3, .per_client = 2},
       {"127.0.0.2", "127.0.0.2", "127.0.0.3"},
       {true, true, true},
       0},
      {"a client has a limit",
       {.per_client = 2},
       {"127.0.0.2", "127.0.0.2", "127.0.0.2"},
       {true, true, false},
       1},
      {"and its limit is not another's",
       {.per_client = 1},
       {"127.0.0.2", "127.0.0.2", "127.0.0.3"},
       {true, false, true},
       1},
      {"at the limit of all the oldest idle connection is closed",
       {.all = 2},
       {"127.0.0.2", "127.0.0.3", "127.0.0.4"},
       {false, true, true},
       1},
      {"one for each that is too many",
       {.all = 2},
       {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"},
       {false, false, true, true},
       2},
      {"a client at its limit closes no other's",
       {.all = 2, .per_client = 1},
       {"127.0.0.2", "127.0.0.3", "127.0.0.3"},
       {true, true, false},
       1},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    Fixture server(c.options);
    std::list<Socket> sockets;
    for (const char* client : c.clients) {
      sockets.emplace_back(SOCK_STREAM, server.port(), "127.0.0.1", client);
      is_served(sockets.back());  // it is accepted before the next comes
    }
    std::vector<bool> served;
    for (Socket& socket : sockets) served.push_back(is_served(socket));
    EXPECT_EQ(served, c.served);
    EXPECT_EQ(server.closed_at_limit(), c.closed);
    EXPECT_EQ(server.close_idle_calls, 0u) << "an idle connection is here";
  }
}

TEST(TcpTest, AClosedConnectionMakesRoomForItsClient) {
  Fixture server({.per_client = 1});
  for (int i = 0; i < 20; ++i) {
    Socket client(SOCK_STREAM, server.port());
    EXPECT_TRUE(is_served(client)) << i;
    client.half_close();
    EXPECT_TRUE(client.receive().empty()) << "it is closed";
    // The end of the connection is seen a moment before it is counted.
    server.running->call([] {});
  }
  EXPECT_EQ(server.closed_at_limit(), 0u);
}

TEST(TcpTest, WithNoIdleConnectionHereThoseOfOtherWorkersAreClosedAndTwiceTheLimitIsTheEnd) {
  Fixture server({.all = 1});
  std::list<Socket> busy;
  for (int i = 0; i < 2; ++i) {
    Socket& socket = busy.emplace_back(SOCK_STREAM, server.port());
    EXPECT_TRUE(is_served(socket));
    Bytes half = framed(kWeb);
    half.insert(half.end(), {0, 40, 1});
    socket.send(half);  // not idle: a part of a query has arrived with the answered one
    EXPECT_FALSE(socket.receive_message().empty());
  }
  EXPECT_EQ(server.close_idle_calls, 1u);
  Socket third(SOCK_STREAM, server.port());
  EXPECT_FALSE(is_served(third));
  EXPECT_EQ(server.closed_at_limit(), 1u);
}

TEST(TcpTest, ConnectionsThatAreSilentAreClosed) {
  const Bytes half = {0, 40, 1};
  const struct {
    const char* why;
    Bytes sent;
  } kCases[] = {{"nothing was sent", {}}, {"half a query", half}};
  for (const auto& c : kCases) {
    Fixture server({.idle_timeout = 100});
    Socket client(SOCK_STREAM, server.port());
    if (!c.sent.empty()) client.send(c.sent);
    EXPECT_TRUE(client.receive().empty()) << c.why;
    EXPECT_EQ(server.closed_at_limit(), 0u);
  }
}

TEST(TcpTest, AnswersOfUpstreamsOvertakeNobodyAndHoldUpNobody) {
  Fixture server;
  Socket client(SOCK_STREAM, server.port());
  client.send(framed(make_query("slow.test", "A", {.id = 1})));
  client.send(framed(make_query("quick.test", "A", {.id = 2})));
  client.send(framed(make_query("web.mesh.local", "A", {.id = 3})));
  client.half_close();
  EXPECT_EQ(test::read(client.receive_message()).id, 3) << "ours at once";
  const auto slow = server.upstreams.next();
  const auto quick = server.upstreams.next();
  server.upstreams.reply(quick, {.answer = {"quick.test. 60 A 192.0.2.2"}});
  Bytes reply = client.receive_message();
  EXPECT_EQ(test::read(reply).id, 2);
  EXPECT_EQ(address_in(reply), "192.0.2.2");
  server.upstreams.reply(slow, {.answer = {"slow.test. 60 A 192.0.2.1"}});
  reply = client.receive_message();
  EXPECT_EQ(test::read(reply).id, 1);
  EXPECT_EQ(address_in(reply), "192.0.2.1");
  EXPECT_TRUE(client.receive().empty()) << "then it ends";
}

TEST(TcpTest, AQueryInFlightOutlivesItsConnection) {
  Fixture server;
  {
    Socket client(SOCK_STREAM, server.port());
    client.send(framed(make_query("slow.test", "A")));
    server.upstreams.next();
  }
  Socket other(SOCK_STREAM, server.port());
  EXPECT_TRUE(is_served(other));
}

TEST(TcpTest, AClientThatReadsNoAnswersCannotSendMoreQueries) {
  // Answers of 15 MB: the kernel holds 4 MB of them for us, and 64 KiB for the client.
  constexpr std::uint64_t kCount = 400;
  Fixture server;
  Socket client(SOCK_STREAM, server.port(), "127.0.0.1", "127.0.0.1", 64 << 10);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    client.send(framed(make_query("web.mesh.local", "SRV")));
  }
  // Others are served meanwhile, and after some of their queries it makes no progress.
  Socket other(SOCK_STREAM, server.port());
  const Count& answered = server.responder.counts().queries[1][counted_type(33)];
  int unchanged = 0;
  for (std::uint64_t before = 0; unchanged < 200; before = answered.value()) {
    EXPECT_TRUE(is_served(other));
    unchanged = answered.value() == before && before != 0 ? unchanged + 1 : 0;
  }
  EXPECT_LT(answered.value(), kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) EXPECT_GT(client.receive_message().size(), 30'000u);
}

TEST(TcpTest, DrainingEndsIdleConnectionsAndAnswersTheRest) {
  Fixture server;
  Socket idle(SOCK_STREAM, server.port());
  EXPECT_TRUE(is_served(idle));
  Socket waiting(SOCK_STREAM, server.port());
  EXPECT_TRUE(is_served(waiting));
  waiting.send(framed(make_query("slow.test", "A")));
  const auto slow = server.upstreams.next();
  Socket half(SOCK_STREAM, server.port());
  Bytes one_and_a_half = framed(kWeb);
  const Bytes next = framed(kWeb);
  one_and_a_half.insert(one_and_a_half.end(), next.begin(), next.begin() + 10);
  half.send(one_and_a_half);
  EXPECT_EQ(address_in(half.receive_message()), "241.0.0.1");
  server.running->call([&] { server.listener.drain(); });
  EXPECT_TRUE(idle.receive().empty());
  EXPECT_FALSE(Socket(SOCK_STREAM, server.port()).connected());
  half.send({next.begin() + 10, next.end()});
  EXPECT_EQ(address_in(half.receive_message()), "241.0.0.1");
  EXPECT_TRUE(half.receive().empty());
  server.upstreams.reply(slow, {.answer = {"slow.test. 60 A 192.0.2.1"}});
  EXPECT_EQ(address_in(waiting.receive_message()), "192.0.2.1");
  EXPECT_TRUE(waiting.receive().empty());
}

}  // namespace
}  // namespace dns
