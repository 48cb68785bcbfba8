#include "tests/dns/resolver/test_upstream.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace dns::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// The port that `fd` is bound to, or 0 if it is in use.
std::uint16_t bind_to(int fd, std::uint16_t port) {
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) return 0;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool receive_exactly(int fd, Bytes& bytes) {
  return recv(fd, bytes.data(), bytes.size(), MSG_WAITALL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace

TestUpstream::TestUpstream(Script script) : script_(std::move(script)) {
  // A port that is free for UDP may be in use for TCP.
  do {
    if (udp_ >= 0) close(udp_);
    if (tcp_ >= 0) close(tcp_);
    udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    port_ = bind_to(udp_, 0);
  } while (bind_to(tcp_, port_) == 0);
  EXPECT_EQ(listen(tcp_, 16), 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

TestUpstream::~TestUpstream() {
  eventfd_write(stop_, 1);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_}) close(fd);
}

std::vector<TestUpstream::Received> TestUpstream::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void TestUpstream::send_to(std::uint16_t port, const Bytes& message) const {
  const sockaddr_in to = loopback(port);
  sendto(udp_, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&to),
         sizeof to);
}

std::vector<Bytes> TestUpstream::answer(Received received) {
  {
    const std::lock_guard lock(mutex_);
    received_.push_back(received);
  }
  return script_(received);
}

void TestUpstream::run() {
  std::array<pollfd, 3> events = {pollfd{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(events.data(), events.size(), -1) > 0 && events[2].revents == 0) {
    if (events[0].revents != 0) serve_udp();
    if (events[1].revents != 0) serve_tcp();
  }
}

void TestUpstream::serve_udp() {
  Bytes query(65536);
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t count =
      recvfrom(udp_, query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (count < 0) return;
  query.resize(static_cast<std::size_t>(count));
  for (const Bytes& reply : answer({query, false, ntohs(from.sin_port)})) {
    sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
  }
}

void TestUpstream::serve_tcp() {
  const int fd = accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
  Bytes length(2);
  if (receive_exactly(fd, length)) {
    Bytes query(std::size_t{length[0]} << 8 | length[1]);
    if (receive_exactly(fd, query)) {
      for (const Bytes& reply : answer({query, true, 0})) {
        Bytes framed = {static_cast<std::uint8_t>(reply.size() >> 8),
                        static_cast<std::uint8_t>(reply.size())};
        framed.insert(framed.end(), reply.begin(), reply.end());
        send(fd, framed.data(), framed.size(), MSG_NOSIGNAL);
      }
    }
  }
  close(fd);
}

}  // namespace dns::test
