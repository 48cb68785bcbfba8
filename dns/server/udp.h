// Answers queries over UDP, in batches: 64 datagrams a system call each way.
//
// Belongs to one worker; all calls are on its thread, but for call(). Internal to the folder: it
// includes Asio.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <span>

#include "dns/server/bind.h"
#include "dns/server/responder.h"

namespace dns {

class UdpSocket {
 public:
  // Who reads what the kernel has received: this one alone; or one that leads and, when there is
  // much, others that help. Were they all to wait for it, each datagram would wake them all. A
  // queue that is led belongs to the next process, too.
  enum class Queue : std::uint8_t { Own, Led, Helped };
  // Takes over `fd`, which bind_udp() or share_udp() made. `wildcard`: it is bound to all
  // addresses, so that a reply must be told which to leave from.
  UdpSocket(boost::asio::io_context& io, int fd, Queue queue, bool wildcard, Responder& responder);
  ~UdpSocket();

  // Whom to call when there is more than a batch, unless the queue is our own. REQUIRES: before
  // start(); `helper` is of the same queue and lives as long.
  void helped_by(UdpSocket& helper) {
    if (queue_ != Queue::Own) helper_ = &helper;
  }

  void start();
  // On any thread: asks it to read until there is less than a batch.
  void call();
  // Answers what has been received, and closes when all answers have been given. One that is led is
  // not read any more: what is in it is for who comes next.
  void drain();
  void close();

 private:
  struct Batch;
  struct Peer;

  bool is_open() const { return fd_.get() >= 0; }
  void wait();
  void rest();
  void serve();
  std::size_t serve_batch();
  void send(std::size_t count);
  void resolve(std::size_t i);
  void send_late(const Peer& peer, std::span<const std::uint8_t> answer);

  boost::asio::io_context& io_;
  Descriptor fd_;
  // Of a queue that we wait for; what Asio has, the kernel wakes us for.
  boost::asio::posix::stream_descriptor readable_;
  const Queue queue_;
  const bool wildcard_;
  Responder& responder_;
  std::unique_ptr<Batch> batch_;
  UdpSocket* helper_ = nullptr;
  std::atomic<bool> called_ = false;
  std::size_t waiting_ = 0;  // queries that the resolver has
  bool draining_ = false;
};

}  // namespace dns
