// The server on real sockets. Nothing sleeps: reads wait for what must come, and time out if it
// doesn't.
#include "dns/server/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <thread>

#include "dns/answer.h"
#include "dns/server/bind.h"
#include "tests/dns/message.h"
#include "tests/dns/server/socket.h"

namespace dns {
namespace {

using test::address_in;
using test::Bytes;
using test::framed;
using test::kPatienceMs;
using test::make_query;
using test::Socket;

std::shared_ptr<const Zone> make_zone(std::uint16_t number = 1, std::size_t ports = 1) {
  ZoneSettings settings;
  settings.apexes = {*Name::parse("mesh.local")};
  ZoneBuilder builder(std::move(settings));
  std::vector<SrvPort> all;
  for (std::size_t i = 0; i < ports; ++i) {
    all.push_back({static_cast<std::uint16_t>(i + 1), false, "p" + std::to_string(i)});
  }
  builder.add_host(
      *Name::parse("web.mesh.local"),
      {{{241, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}}}, {},
      all);
  return std::move(builder).build();
}

ClientPrefix everyone() {
  return {};
}

ServerSettings settings() {
  ServerSettings settings;
  settings.listen = {{"127.0.0.1", 0}};
  settings.workers = 2;
  settings.allow = {everyone()};
  return settings;
}

struct Started : Server {
  Started(const ServerSettings& settings, std::shared_ptr<const Zone> zone)
      : Server(settings, std::move(zone)) {
    start();
  }
};

const Bytes kWeb = make_query("web.mesh.local", "A");

TEST(ServerTest, UdpAndTcpAreAnsweredOnOnePort) {
  Started server(settings(), make_zone());
  const std::uint16_t port = server.bound().front().port;
  ASSERT_NE(port, 0);
  Socket udp(SOCK_DGRAM, port);
  udp.send(kWeb);
  EXPECT_EQ(address_in(udp.receive()), "241.0.0.1");
  Socket tcp(SOCK_STREAM, port);
  tcp.send(framed(kWeb));
  EXPECT_EQ(address_in(tcp.receive_message()), "241.0.0.1");
  const Counters counters = server.counters();
  EXPECT_EQ(counters.udp_queries[counted_type(1)], 1u);
  EXPECT_EQ(counters.tcp_queries[counted_type(1)], 1u);
  EXPECT_EQ(counters.queries(), 2u);
  EXPECT_EQ(counters.replies_from(Source::Mesh), 2u);
  EXPECT_EQ(counters.replies_with(counted_rcode(0)), 2u);
  EXPECT_EQ(counters.durations[0].count(), 2u);
  EXPECT_EQ(counters.tcp_connections, 1u);
}

TEST(ServerTest, WithoutUpstreamsNamesThatAreNotOursFailWithEde22) {
  Started server(settings(), make_zone());
  Socket udp(SOCK_DGRAM, server.bound().front().port);
  udp.send(make_query("www.example.org", "A", {.edns = test::EdnsOptions{}}));
  const test::Message reply = test::read(udp.receive());
  EXPECT_EQ(reply.rcode, "SERVFAIL");
  EXPECT_EQ(reply.ede, 22);
}

TEST(ServerTest, ClientsThatAreNotAllowedAreRefusedWithEde18) {
  ServerSettings closed = settings();
  closed.allow = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0}, 96 + 24}};
  Started server(closed, make_zone());
  const Bytes query = make_query("web.mesh.local", "A", {.edns = test::EdnsOptions{}});
  Socket udp(SOCK_DGRAM, server.bound().front().port);
  udp.send(query);
  Socket tcp(SOCK_STREAM, server.bound().front().port);
  tcp.send(framed(query));
  for (const Bytes& bytes : {udp.receive(), tcp.receive_message()}) {
    const test::Message reply = test::read(bytes);
    EXPECT_EQ(reply.rcode, "REFUSED");
    EXPECT_EQ(reply.ede, 18);
  }
  EXPECT_EQ(server.counters().refused, 2u);
}

TEST(ServerTest, SilenceIsCounted) {
  Started server(settings(), make_zone());
  Socket udp(SOCK_DGRAM, server.bound().front().port);
  udp.send({1, 2, 3});
  udp.send(kWeb);  // the same worker: one socket's datagrams come in order
  EXPECT_EQ(address_in(udp.receive()), "241.0.0.1");
  EXPECT_EQ(server.counters().dropped, 1u);
}

// Whichever worker is asked: a client that has seen a zone is never answered from an older one.
TEST(ServerTest, NoWorkerIsBehindAnother) {
  constexpr int kZones = 1000;
  ServerSettings many = settings();
  many.workers = 8;
  Started server(many, make_zone(0));
  const std::uint16_t port = server.bound().front().port;
  std::atomic<int> seen = 0;
  std::thread publisher([&] {
    for (int i = 1; i <= kZones; ++i) {
      server.publish(make_zone(static_cast<std::uint16_t>(i)));
      while (seen < i) std::this_thread::yield();
    }
  });
  int behind = 0;
  while (seen < kZones) {
    Socket udp(SOCK_DGRAM, port);
    udp.send(kWeb);
    unsigned high = 0;
    unsigned low = 0;
    const std::string found = address_in(udp.receive());
    if (std::sscanf(found.c_str(), "241.0.%u.%u", &high, &low) != 2) {
      ADD_FAILURE() << found;
      seen = kZones;
    }
    const int now = static_cast<int>(high << 8 | low);
    if (now < seen) ++behind;
    if (now > seen) seen = now;
  }
  publisher.join();
  EXPECT_EQ(behind, 0);
}

TEST(ServerTest, APublishedZoneIsAnsweredFromWhenPublishReturns) {
  Started server(settings(), make_zone(0));
  const std::uint16_t port = server.bound().front().port;
  Socket tcp(SOCK_STREAM, port);
  for (std::uint8_t i = 1; i < 100; ++i) {
    server.publish(make_zone(i));
    const std::string expected = "241.0.0." + std::to_string(i);
    Socket udp(SOCK_DGRAM, port);
    udp.send(kWeb);
    EXPECT_EQ(address_in(udp.receive()), expected);
    tcp.send(framed(kWeb));
    EXPECT_EQ(address_in(tcp.receive_message()), expected);
  }
}

TEST(ServerTest, AWorkerThatNobodyAsksLetsAnOldZoneGo) {
  auto old = make_zone(1);
  const std::weak_ptr<const Zone> held = old;
  Started server(settings(), std::move(old));
  server.publish(make_zone(2));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!held.expired() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(held.expired());
}

TEST(ServerTest, TcpIsPipelinedAndTakesMessagesInAnyPieces) {
  Started server(settings(), make_zone());
  const std::uint16_t port = server.bound().front().port;
  Bytes stream;
  constexpr std::uint16_t kCount = 300;
  for (std::uint16_t id = 0; id < kCount; ++id) {
    const Bytes one = framed(make_query("web.mesh.local", "A", {.id = id}));
    stream.insert(stream.end(), one.begin(), one.end());
  }
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{1000}, stream.size()}) {
    SCOPED_TRACE(piece);
    Socket tcp(SOCK_STREAM, port);
    std::thread writer([&] {
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        const std::size_t end = std::min(at + piece, stream.size());
        tcp.send({stream.begin() + static_cast<std::ptrdiff_t>(at),
                  stream.begin() + static_cast<std::ptrdiff_t>(end)});
      }
      tcp.half_close();
    });
    std::map<std::uint16_t, int> ids;
    for (Bytes reply = tcp.receive_message(); !reply.empty(); reply = tcp.receive_message()) {
      ++ids[test::read(reply).id];
    }
    writer.join();
    EXPECT_EQ(ids.size(), kCount);  // all of them, after a half-close too
  }
}

TEST(ServerTest, LargeAnswersGoOverTcpWhole) {
  Started server(settings(), make_zone(1, 1000));
  const std::uint16_t port = server.bound().front().port;
  const Bytes query = make_query("web.mesh.local", "SRV");
  Socket udp(SOCK_DGRAM, port);
  udp.send(query);
  EXPECT_TRUE(test::read(udp.receive()).tc);
  Socket tcp(SOCK_STREAM, port);
  tcp.send(framed(query));
  const test::Message whole = test::read(tcp.receive_message());
  EXPECT_FALSE(whole.tc);
  EXPECT_EQ(whole.answer.size(), 1000u);
}

TEST(ServerTest, IdleConnectionsAreClosed) {
  ServerSettings quick = settings();
  quick.tcp_idle_timeout = 100;
  Started server(quick, make_zone());
  Socket silent(SOCK_STREAM, server.bound().front().port);
  EXPECT_TRUE(silent.receive().empty());
  Socket half(SOCK_STREAM, server.bound().front().port);
  half.send({0, 40, 1});
  EXPECT_TRUE(half.receive().empty());
}

TEST(ServerTest, KeepaliveTellsTheIdleTimeout) {
  Started server(settings(), make_zone());
  Socket tcp(SOCK_STREAM, server.bound().front().port);
  const test::EdnsOptions asks{.options = {0, 11, 0, 0}};
  tcp.send(framed(make_query("web.mesh.local", "A", {.edns = asks})));
  EXPECT_EQ(test::read(tcp.receive_message()).keepalive, 100);  // 10 s
}

TEST(ServerTest, AtTheLimitTheOldestIdleConnectionIsClosed) {
  ServerSettings few = settings();
  few.workers = 1;
  few.tcp_max_connections = 2;
  Started server(few, make_zone());
  const std::uint16_t port = server.bound().front().port;
  const auto use = [](Socket& socket) {
    socket.send(framed(kWeb));
    return address_in(socket.receive_message());
  };
  Socket first(SOCK_STREAM, port);
  EXPECT_EQ(use(first), "241.0.0.1");
  Socket second(SOCK_STREAM, port);
  EXPECT_EQ(use(second), "241.0.0.1");
  EXPECT_EQ(use(first), "241.0.0.1");  // now the second is the oldest
  Socket third(SOCK_STREAM, port);
  EXPECT_EQ(use(third), "241.0.0.1");
  EXPECT_TRUE(second.receive().empty());
  EXPECT_EQ(use(first), "241.0.0.1");
  EXPECT_EQ(server.counters().tcp_closed_at_limit, 1u);
}

TEST(ServerTest, AClientHasALimitOfItsOwn) {
  ServerSettings few = settings();
  few.tcp_max_connections_per_client = 2;
  few.tcp_idle_timeout = 10 * kPatienceMs;  // nothing else may close the third
  Started server(few, make_zone());
  const std::uint16_t port = server.bound().front().port;
  Socket first(SOCK_STREAM, port);
  first.send(framed(kWeb));
  EXPECT_EQ(address_in(first.receive_message()), "241.0.0.1");
  Socket second(SOCK_STREAM, port);
  second.send(framed(kWeb));
  EXPECT_EQ(address_in(second.receive_message()), "241.0.0.1");
  Socket third(SOCK_STREAM, port);
  EXPECT_TRUE(third.receive().empty());
  EXPECT_EQ(server.counters().tcp_closed_at_limit, 1u);
}

TEST(ServerTest, AReplyLeavesFromTheAddressThatWasAsked) {
  ServerSettings wildcard = settings();
  wildcard.listen = {{"0.0.0.0", 0}};
  Started server(wildcard, make_zone());
  // A connected socket only takes datagrams from where it is connected to.
  Socket udp(SOCK_DGRAM, server.bound().front().port, "127.8.9.10");
  udp.send(kWeb);
  EXPECT_EQ(address_in(udp.receive()), "241.0.0.1");
}

TEST(ServerTest, Ipv6) {
  ServerSettings six = settings();
  six.listen = {{"::1", 0}};
  std::unique_ptr<Server> server;
  try {
    server = std::make_unique<Started>(six, make_zone());
  } catch (const BindError&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(server->bound().front().port);
  to.sin6_addr = in6addr_loopback;
  ASSERT_EQ(
      sendto(fd, kWeb.data(), kWeb.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
      static_cast<ssize_t>(kWeb.size()));
  Bytes reply(1500);
  pollfd event{fd, POLLIN, 0};
  ASSERT_EQ(poll(&event, 1, kPatienceMs), 1);
  reply.resize(static_cast<std::size_t>(recv(fd, reply.data(), reply.size(), 0)));
  close(fd);
  EXPECT_EQ(address_in(reply), "241.0.0.1");
}

std::string error_of(const ServerSettings& settings) {
  try {
    const Server server(settings, make_zone());
    return "";
  } catch (const BindError& error) {
    return error.what();
  }
}

TEST(ServerTest, AddressesThatCantBeBoundSayWhy) {
  const Server first(settings(), make_zone());
  ServerSettings taken = settings();
  taken.listen = first.bound();
  EXPECT_NE(error_of(taken).find("in use"), std::string::npos) << error_of(taken);
  ServerSettings foreign = settings();
  foreign.listen = {{"192.0.2.1", 0}};
  EXPECT_NE(error_of(foreign).find("192.0.2.1"), std::string::npos) << error_of(foreign);
  ServerSettings wrong = settings();
  wrong.listen = {{"localhost", 53}};
  EXPECT_NE(error_of(wrong).find("localhost"), std::string::npos) << error_of(wrong);
}

TEST(ServerTest, DrainAnswersWhatWasReceived) {
  auto server = std::make_unique<Started>(settings(), make_zone());
  const std::uint16_t port = server->bound().front().port;
  Socket idle(SOCK_STREAM, port);
  idle.send(framed(kWeb));
  EXPECT_EQ(address_in(idle.receive_message()), "241.0.0.1");
  Socket udp(SOCK_DGRAM, port);
  for (int i = 0; i < 200; ++i) udp.send(kWeb);
  server->drain(kPatienceMs);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(address_in(udp.receive()), "241.0.0.1");
  EXPECT_TRUE(idle.receive().empty());
  EXPECT_FALSE(Socket(SOCK_STREAM, port).connected());
}

// A UDP and a TCP socket on one port, as a service manager holds them; copies are handed out.
class Held {
 public:
  Held() {
    // A port that is free for UDP needn't be for TCP.
    for (std::uint16_t port = bind_to(udp_, 0); bind_to(tcp_, port) == 0; port = bind_to(udp_, 0)) {
      close(udp_);
      udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
    EXPECT_EQ(listen(tcp_, 16), 0);
  }
  ~Held() {
    close(udp_);
    close(tcp_);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ServerSettings settings() const {
    ServerSettings settings = dns::settings();
    settings.listen.clear();
    settings.inherited = {dup(udp_), dup(tcp_)};
    return settings;
  }

 private:
  // The port, or 0 if somebody else has it.
  static std::uint16_t bind_to(int fd, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
      EXPECT_EQ(errno, EADDRINUSE);
      return 0;
    }
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  int udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int tcp_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(ServerTest, WhatWaitsInInheritedSocketsIsAnsweredByAllWorkersOrTheNextServer) {
  const Held held;
  std::unique_ptr<Socket> udp;
  for (int round = 0; round < 3; ++round) {
    ServerSettings three = held.settings();
    three.workers = 3;
    Server server(three, make_zone());
    EXPECT_EQ(server.inherited(), 1u);
    if (!udp) udp = std::make_unique<Socket>(SOCK_DGRAM, server.bound().front().port);
    Socket tcp(SOCK_STREAM, server.bound().front().port);
    tcp.send(framed(kWeb));
    // More than three batches, so that the first worker calls the others.
    if (round == 0) {
      for (int i = 0; i < 200; ++i) udp->send(kWeb);
    }
    server.start();
    for (int i = 0; i < 200; ++i) EXPECT_EQ(address_in(udp->receive()), "241.0.0.1");
    EXPECT_EQ(address_in(tcp.receive_message()), "241.0.0.1");
    server.drain(kPatienceMs);
    for (int i = 0; i < 200; ++i) udp->send(kWeb);
  }
}

TEST(ServerTest, DrainDoesNotWaitForEverForAStuckClient) {
  auto server = std::make_unique<Started>(settings(), make_zone(1, 1000));
  Socket stuck(SOCK_STREAM, server->bound().front().port);
  for (int i = 0; i < 256; ++i) stuck.send(framed(make_query("web.mesh.local", "SRV")));
  ASSERT_TRUE(stuck.readable());
  server->drain(50);
}

TEST(ServerTest, QueriesFromManyThreadsDuringReloadsAreAllAnsweredRightly) {
  Started server(settings(), make_zone(1));
  const std::uint16_t port = server.bound().front().port;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      Socket udp(SOCK_DGRAM, port);
      while (!stop) {
        udp.send(kWeb);
        ++(address_in(udp.receive()).starts_with("241.0.0.") ? right : wrong);
      }
    });
  }
  for (std::uint8_t i = 0; i < 200; ++i) server.publish(make_zone(i));
  while (right < 200 && wrong == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace dns
