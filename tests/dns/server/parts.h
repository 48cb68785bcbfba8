// One worker in parts: a responder with a zone, a cache, and a resolver whose upstreams the test
// answers for. The sockets are what is tested.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <thread>

#include "dns/server/responder.h"
#include "dns/server/worker_context.h"
#include "tests/dns/resolver/fake_upstreams.h"

namespace dns::test {

struct Parts {
  explicit Parts(unsigned tcp_all = 1024, unsigned tcp_per_client = 256)
      : zone(make_zone()),
        cache({}),
        resolver({}, cache, upstreams.factory()),
        limits(tcp_all, tcp_per_client),
        shared{zone, cache, resolver, limits, [this] { ++close_idle_calls; }},
        responder(io, 0, settings(), shared) {
    resolver.use({{Name(), {{"192.0.2.53", 53}}}});
    upstreams.next_loop_probe();
  }

  // web.mesh.local has 241.0.0.1, and 1,000 ports: its SRV records are 38 kB.
  static std::shared_ptr<const Zone> make_zone() {
    ZoneSettings settings;
    settings.apexes = {*Name::parse("mesh.local")};
    ZoneBuilder builder(std::move(settings));
    std::vector<SrvPort> ports;
    for (std::uint16_t i = 1; i <= 1000; ++i) ports.push_back({i, false, "p" + std::to_string(i)});
    builder.add_host(*Name::parse("web.mesh.local"), {{{241, 0, 0, 1}}}, {}, ports);
    return std::move(builder).build();
  }
  static ServerSettings settings() {
    ServerSettings settings;
    settings.allow = {{}};
    return settings;
  }

  FakeUpstreams upstreams;
  PublishedZone zone;
  Cache cache;
  Resolver resolver;
  TcpLimits limits;
  std::atomic<unsigned> close_idle_calls = 0;
  WorkerContext shared;
  boost::asio::io_context io{1};
  Responder responder;
};

// Runs `io` on a thread of its own; its end waits until nothing is left to do.
class Running {
 public:
  explicit Running(boost::asio::io_context& io)
      : io_(io), work_(io.get_executor()), thread_([this] { io_.run(); }) {}
  ~Running() {
    work_.reset();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Calls `function` on the thread, and returns what it does.
  template <typename Function>
  auto call(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(io_, std::move(task));
    return result.get();
  }

 private:
  boost::asio::io_context& io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace dns::test
