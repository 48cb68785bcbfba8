#include "dns/server/worker.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "dns/server/bind.h"

namespace dns {

namespace asio = boost::asio;

Worker::Worker(unsigned number, const ServerSettings& settings,
               std::span<const SocketPair> inherited, std::span<const Endpoint> own,
               const WorkerContext& shared)
    : number_(number), responder_(io_, number, settings, shared) {
  const auto serve = [&](const Endpoint& address, int udp, int tcp, UdpSocket::Queue queue) {
    udp_.emplace_back(io_, udp, queue, is_wildcard(address), responder_);
    tcp_.emplace_back(io_, tcp, settings.tcp_idle_timeout, responder_, shared);
  };
  for (const SocketPair& pair : inherited) {
    serve(pair.address, share_udp(pair.udp, pair.address), share_tcp(pair.tcp, pair.address),
          number == 0 ? UdpSocket::Queue::Led : UdpSocket::Queue::Helped);
  }
  for (const Endpoint& address : own) {
    serve(address, bind_udp(address), bind_tcp(address), UdpSocket::Queue::Own);
  }
}

Worker::~Worker() = default;

void Worker::helped_by(Worker& next) {
  auto theirs = next.udp_.begin();
  for (UdpSocket& ours : udp_) ours.helped_by(*theirs++);
}

void Worker::start() {
  for (UdpSocket& socket : udp_) socket.start();
  for (TcpListener& listener : tcp_) listener.start();
  std::packaged_task<void()> run([this] { io_.run(); });
  ended_ = run.get_future();
  thread_ = std::thread(std::move(run));
  // Names have at most 15 characters.
  pthread_setname_np(thread_.native_handle(), ("mesh-dns/" + std::to_string(number_)).c_str());
}

void Worker::renew_zone() {
  asio::post(io_, [this] { responder_.renew_zone(); });
}

void Worker::close_oldest_idle() {
  asio::post(io_, [this] {
    for (TcpListener& listener : tcp_) {
      if (listener.close_oldest_idle()) return;
    }
  });
}

void Worker::drain() {
  asio::post(io_, [this] {
    for (UdpSocket& socket : udp_) socket.drain();
    for (TcpListener& listener : tcp_) listener.drain();
    // run() returns when the last session has ended.
    work_.reset();
  });
}

void Worker::wait(std::chrono::steady_clock::time_point deadline) {
  if (!thread_.joinable() || ended_.wait_until(deadline) == std::future_status::ready) return;
  asio::post(io_, [this] {
    for (UdpSocket& socket : udp_) socket.close();
    for (TcpListener& listener : tcp_) listener.close_all();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace dns
