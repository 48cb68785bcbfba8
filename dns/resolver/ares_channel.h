// Asks one upstream one question at a time, through c-ares: over UDP from a new port each time, and
// over TCP if the answer is truncated.
//
// c-ares closes its socket when no query is left in it, so that a channel that is used for one
// query after the other has a new source port for each; with several at once they would share one
// (c-ares 1.18). What isn't the answer is dropped before c-ares sees it, and the wait goes on.
//
// Belongs to an AresTransport; is always held by a shared_ptr. Internal to the folder:
// it includes Asio.
#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dns/resolver/upstream_transport.h"
#include "dns/socket_address.h"

struct ares_channeldata;
struct iovec;

namespace dns {

class AresChannel : public std::enable_shared_from_this<AresChannel> {
 public:
  using Done = UpstreamTransport::Done;

  // Throws std::bad_alloc only; an invalid address is Unreachable.
  AresChannel(boost::asio::io_context& io, const UpstreamAddress& server, TransportCounts& counts);
  ~AresChannel();  // ends what is in flight, without calling `done`
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;

  // Calls `done` once, later. `timeout` begins anew when TCP does. REQUIRES: nothing is in flight.
  void ask(std::vector<std::uint8_t> query, std::chrono::milliseconds timeout, Done done);

  // c-ares may have noted that the server doesn't know EDNS, and treats all later queries so.
  bool is_spoiled() const { return spoiled_; }

 private:
  struct Socket;
  struct Calls;  // what c-ares calls
  struct Free {
    void operator()(ares_channeldata* channel) const noexcept;
  };

  void start_timer();
  void wait_readable(const std::shared_ptr<Socket>& socket);
  void wait_writable(const std::shared_ptr<Socket>& socket);
  bool is_answer(std::span<const std::uint8_t> datagram);
  void finish(TransportResult::Outcome outcome, std::vector<std::uint8_t> reply);

  int open_socket(int type);
  void close_socket(int fd);
  long receive(int fd, void* data, std::size_t size, sockaddr* from, socklen_t* from_size);

  boost::asio::io_context& io_;
  TransportCounts& counts_;
  SocketAddress address_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds timeout_{};
  std::vector<std::uint8_t> query_;
  Done done_;
  std::uint64_t generation_ = 0;  // of the query; what belongs to an earlier one is ignored
  bool saw_wrong_case_ = false;   // a reply that differed in the case of the question's letters
  bool spoiled_ = false;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::unique_ptr<ares_channeldata, Free> channel_;  // its end closes the sockets
};

}  // namespace dns
