// Answers queries over UDP, in batches: 64 datagrams a system call each way.
//
// Belongs to one worker; all calls are on its thread. Internal to the folder: it includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <span>

#include "dns/responder.h"

namespace dns {

class UdpSocket {
 public:
  // Takes over `fd`, which bind_udp() made. `wildcard`: it is bound to all addresses, so that a
  // reply must be told which to leave from.
  UdpSocket(boost::asio::io_context& io, int fd, bool wildcard, Responder& responder);
  ~UdpSocket();

  void start();
  // Answers what has been received, and closes when all answers have been given.
  void drain();
  void close();

 private:
  struct Batch;
  struct Peer;

  void wait();
  void serve();
  std::size_t serve_batch();
  void send(std::size_t count);
  void resolve(std::size_t i);
  void send_late(const Peer& peer, std::span<const std::uint8_t> answer);

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor socket_;
  const bool wildcard_;
  Responder& responder_;
  std::unique_ptr<Batch> batch_;
  std::size_t waiting_ = 0;  // queries that the resolver has
  bool draining_ = false;
};

}  // namespace dns
