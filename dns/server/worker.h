// One thread that answers, with sockets of its own on every address: while it answers, it shares
// nothing with the other workers. Only inherited sockets are shared.
//
// The owner's thread calls the public functions, which reach the worker's thread as messages; any
// thread may call close_oldest_idle() and counts().
// Internal to the folder: it includes Asio.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <list>
#include <memory>
#include <span>
#include <thread>

#include "dns/server/inherit.h"
#include "dns/server/responder.h"
#include "dns/server/tcp.h"
#include "dns/server/udp.h"
#include "dns/server/worker_context.h"

namespace dns {

class Worker {
 public:
  // Shares the inherited sockets, and binds sockets of its own to the addresses `own`. Throws
  // BindError.
  Worker(unsigned number, const ServerSettings& settings, std::span<const SocketPair> inherited,
         std::span<const Endpoint> own, const WorkerContext& shared);
  ~Worker();  // REQUIRES: joined, or never started

  // Number 0 leads: it reads the inherited sockets, and the others help when there is a backlog.
  // REQUIRES: before start(); `next` has the same addresses.
  void helped_by(Worker& next);
  void start();
  // Drops a zone that is no longer published, even if no query arrives.
  void renew_zone();
  void close_oldest_idle();
  // Answers what was received, lets TCP sessions finish, and ends.
  void drain();
  // Waits for the end; what is open at the deadline is closed.
  void wait(std::chrono::steady_clock::time_point deadline);
  // REQUIRES: after wait(), and the resolver is abandoned, so that no query waits for it.
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
