// Answers queries over TCP (RFC 7766): pipelined, with an idle timeout and limits.
//
// A TcpListener belongs to one worker and is used by its thread only. Internal to the folder: it
// includes Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <vector>

#include "dns/server/responder.h"
#include "dns/server/worker_context.h"

namespace dns {

class TcpSession;

class TcpListener {
 public:
  // Takes ownership of `fd`, a socket that listens.
  TcpListener(boost::asio::io_context& io, int fd, std::uint32_t idle_timeout, Responder& responder,
              const WorkerContext& shared);
  ~TcpListener();

  void start();
  // Closes the connection that has been idle for longest; false if none is idle.
  bool close_oldest_idle();
  // Stops accepting, and closes each connection when its queries are answered.
  void drain();
  void close_all();

 private:
  friend class TcpSession;

  boost::asio::awaitable<void> accept();
  void open(boost::asio::ip::tcp::socket socket);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const std::uint32_t idle_timeout_;  // ms
  Responder& responder_;
  const WorkerContext& shared_;
  std::list<TcpSession*> sessions_;   // the one that was active last is at the back
  std::vector<std::uint8_t> answer_;  // of kMaxMessage bytes, used by all sessions in turn
  bool draining_ = false;
};

}  // namespace dns
