// An upstream on 127.0.0.1: a UDP and a TCP socket on one port, with a thread that sends what a
// script says.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/dns/message.h"

namespace dns::test {

class TestUpstream {
 public:
  struct Received {
    Bytes query;
    bool tcp = false;
    std::uint16_t port = 0;  // of the client
  };
  // The messages that answer one query. Over TCP, none closes the connection.
  using Script = std::function<std::vector<Bytes>(const Received&)>;

  explicit TestUpstream(Script script);
  ~TestUpstream();
  TestUpstream(const TestUpstream&) = delete;
  TestUpstream& operator=(const TestUpstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::vector<Received> received() const;
  // A message over UDP, to a client on this host.
  void send_to(std::uint16_t port, const Bytes& message) const;

 private:
  void run();
  void serve_udp();
  void serve_tcp();
  std::vector<Bytes> answer(Received received);

  const Script script_;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Received> received_;
  std::thread thread_;
};

}  // namespace dns::test
