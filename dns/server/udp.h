// Answers queries over UDP, in batches: 64 datagrams a system call each way.
//
// Belongs to one worker; all calls are on its thread, but for request_help(). Internal to the
// folder: it includes Asio.
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
  // Which workers read what the kernel has received: this one alone; or one that leads and, when
  // there is a backlog, others that help. If all of them waited for it, each datagram would wake
  // them all. A queue that is led is also read by the next process.
  enum class Queue : std::uint8_t { Own, Led, Helped };
  // Takes ownership of `fd`, which bind_udp() or share_udp() made. `wildcard`: it is bound to all
  // addresses, so that a reply has to name the one it leaves from.
  UdpSocket(boost::asio::io_context& io, int fd, Queue queue, bool wildcard, Responder& responder);
  ~UdpSocket();

  // Asked for help when there is more than a batch, unless the queue is our own. REQUIRES: before
  // start(); `helper` is of the same queue and lives as long.
  void helped_by(UdpSocket& helper) {
    if (queue_ != Queue::Own) helper_ = &helper;
  }

  void start();
  // On any thread: asks it to read until there is less than a batch.
  void request_help();
  // Answers what has been received, and closes when every query is answered. One that is led is not
  // read any more: its queue is left to the next process.
  void drain();
  void close();

 private:
  struct Batch;
  struct Peer;

  bool is_open() const { return fd_.get() >= 0; }
  void wait();
  void await_more();
  void serve();
  std::size_t serve_batch();
  void send(std::size_t count);
  void resolve(std::size_t i);
  void send_late(const Peer& peer, std::span<const std::uint8_t> answer);

  boost::asio::io_context& io_;
  Descriptor fd_;
  // Of a queue that we wait for: the kernel wakes us for what Asio knows.
  boost::asio::posix::stream_descriptor readable_;
  const Queue queue_;
  const bool wildcard_;
  Responder& responder_;
  std::unique_ptr<Batch> batch_;
  UdpSocket* helper_ = nullptr;
  std::atomic<bool> help_requested_ = false;
  std::size_t in_flight_ = 0;  // queries that the resolver answers
  bool draining_ = false;
};

}  // namespace dns
