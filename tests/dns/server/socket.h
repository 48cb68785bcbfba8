// A client of a DNS server on this host, over UDP or TCP. Its calls block, and fail the test after
// kPatienceMs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/dns/message.h"

namespace dns::test {

inline constexpr int kPatienceMs = 20'000;

class Socket {
 public:
  // `type`: SOCK_DGRAM or SOCK_STREAM. Connects to `to`, from the address `from`. `receive_buffer`:
  // bytes that the kernel holds for it; 0: its default.
  Socket(int type, std::uint16_t port, const char* to = "127.0.0.1", const char* from = "127.0.0.1",
         int receive_buffer = 0);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connected() const { return connected_; }
  void send(const Bytes& bytes);
  // False where the connection is closed.
  bool try_send(const Bytes& bytes);
  void half_close();

  bool readable(int patience = kPatienceMs) const;
  // Up to `most` bytes; none at the end of the connection, or when nothing arrives.
  Bytes receive(std::size_t most = 65536);
  Bytes receive_exactly(std::size_t size);
  // A message over TCP; none at the end.
  Bytes receive_message();

 private:
  int fd_;
  bool connected_;
};

// A message with its length, as TCP carries it.
Bytes framed(const Bytes& message);
// The rdata of the first record of the answer; without one the rcode.
std::string address_in(const Bytes& reply);

}  // namespace dns::test
