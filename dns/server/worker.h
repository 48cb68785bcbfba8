// One thread that answers, with sockets of its own on every address: it shares nothing with the
// other workers while it does. Only sockets that were inherited are shared.
//
// The owner's thread calls the public functions; they reach the worker's thread as messages.
// Internal to the folder: it includes Asio.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <span>
#include <thread>

#include "dns/server/inherit.h"
#include "dns/server/responder.h"
#include "dns/server/tcp.h"
#include "dns/server/udp.h"

namespace dns {

class Worker {
 public:
  // Shares the inherited sockets, and binds its own to `own`. `crowded`: see TcpListener. Throws
  // BindError.
  Worker(unsigned number, const ServerSettings& settings, std::span<const SocketPair> inherited,
         std::span<const Endpoint> own, const PublishedZone& published, Cache& cache,
         Resolver& resolver, TcpLimits& limits, std::function<void()> crowded);
  ~Worker();  // REQUIRES: joined, or never started

  // Number 0 leads: it reads the inherited sockets, and the others help when there is much.
  // REQUIRES: before start(); `next` has the same addresses.
  void helped_by(Worker& next);
  void start();
  // Though nobody may ask it anything.
  void renew_zone();
  void close_oldest_idle();
  // Answers what was received, lets TCP sessions finish, and ends then.
  void drain();
  // Waits for the end; what is open at the deadline is closed.
  void wait(std::chrono::steady_clock::time_point deadline);
  // REQUIRES: after wait(), and the resolver is abandoned: nobody waits for it any more.
  void join();

  const Counts& counts() const { return responder_.counts(); }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  const unsigned number_;
  Responder responder_;
  std::list<UdpSocket> udp_;
  std::list<TcpListener> tcp_;
  std::thread thread_;
  std::future<void> ended_;
};

}  // namespace dns
