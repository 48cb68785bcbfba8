#include "dns/server.h"

#include <algorithm>
#include <chrono>
#include <list>

#include "dns/bind.h"
#include "dns/worker.h"

namespace dns {

class Server::Impl {
 public:
  Impl(const ServerSettings& settings, const std::shared_ptr<const Zone>& zone)
      : limits_(settings.tcp_max_connections, settings.tcp_max_connections_per_client) {
    for (const ListenAddress& listen : settings.listen) bound_.push_back(probe(listen));
    for (unsigned i = 0; i < std::max(settings.workers, 1u); ++i) {
      workers_.emplace_back(settings, bound_, zone, limits_, [this] { close_an_idle_one(); });
    }
    unsigned number = 0;
    for (Worker& worker : workers_) worker.start(number++);
  }
  ~Impl() { drain(0); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void publish(const std::shared_ptr<const Zone>& zone) {
    for (Worker& worker : workers_) worker.adopt(zone);
  }

  const std::vector<ListenAddress>& bound() const { return bound_; }

  Counters counters() const {
    Counters sum;
    for (const Worker& worker : workers_) {
      const Counts& counts = worker.counts();
      sum.udp_queries += counts.udp_queries.value();
      sum.tcp_queries += counts.tcp_queries.value();
      sum.replies += counts.replies.value();
      sum.dropped += counts.dropped.value();
      sum.refused += counts.refused.value();
      sum.tcp_connections += counts.tcp_connections.value();
      sum.tcp_closed_at_limit += counts.tcp_closed_at_limit.value();
    }
    return sum;
  }

  void drain(std::uint32_t timeout) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout);
    for (Worker& worker : workers_) worker.drain();
    for (Worker& worker : workers_) worker.join(deadline);
  }

 private:
  // Called on the thread of a worker that has no idle connection itself.
  void close_an_idle_one() {
    for (Worker& worker : workers_) worker.close_oldest_idle();
  }

  TcpLimits limits_;
  std::vector<ListenAddress> bound_;
  std::list<Worker> workers_;  // all made before the first starts
};

Server::Server(const ServerSettings& settings, std::shared_ptr<const Zone> zone)
    : impl_(std::make_unique<Impl>(settings, zone)) {}
Server::~Server() = default;

void Server::publish(std::shared_ptr<const Zone> zone) {
  impl_->publish(zone);
}
const std::vector<ListenAddress>& Server::bound() const {
  return impl_->bound();
}
Counters Server::counters() const {
  return impl_->counters();
}
void Server::drain(std::uint32_t timeout) {
  impl_->drain(timeout);
}

}  // namespace dns
