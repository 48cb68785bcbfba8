// Answers queries over TCP (RFC 7766): pipelined, with an idle timeout and limits.
//
// A TcpListener belongs to one worker and is touched by its thread only; the TcpLimits are shared
// by all workers, and locked only when a connection comes or goes. Internal to the folder: it
// includes Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "dns/server/responder.h"

namespace dns {

// How many connections there are, in all and of each client.
class TcpLimits {
 public:
  TcpLimits(unsigned all, unsigned per_client) : all_(all), per_client_(per_client) {}

  enum class Admission : std::uint8_t { Welcome, Crowded, Refused };
  // Counts a connection, unless it is Refused: the client has too many, or there are far too many.
  // Crowded: there is one too many, and an idle one should go.
  Admission enter(const ClientAddress& client);
  void leave(const ClientAddress& client);

 private:
  const unsigned all_;
  const unsigned per_client_;
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::map<ClientAddress, unsigned> clients_;
};

class TcpSession;

class TcpListener {
 public:
  // Takes over `fd`, which bind_tcp() made. `crowded` is called when a connection too many came and
  // no idle one is here to be closed.
  TcpListener(boost::asio::io_context& io, int fd, int family, std::uint32_t idle_timeout,
              Responder& responder, TcpLimits& limits, std::function<void()> crowded);
  ~TcpListener();

  void start();
  // Closes the connection that has been idle for longest; false if none is.
  bool close_oldest_idle();
  // Accepts no more, and closes each connection when it has had its answers.
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
  TcpLimits& limits_;
  const std::function<void()> crowded_;
  std::list<TcpSession*> sessions_;   // the one that did something last is at the back
  std::vector<std::uint8_t> answer_;  // of kMaxMessage octets, used by all sessions in turn
  bool draining_ = false;
};

}  // namespace dns
