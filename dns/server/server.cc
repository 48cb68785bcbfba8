#include "dns/server/server.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <list>
#include <span>
#include <utility>

#include "dns/cache.h"
#include "dns/resolver/resolver.h"
#include "dns/server/bind.h"
#include "dns/server/inherit.h"
#include "dns/server/published_zone.h"
#include "dns/server/tcp_limits.h"
#include "dns/server/worker.h"
#include "dns/server/worker_context.h"

namespace dns {

class Server::Impl {
 public:
  Impl(const ServerSettings& settings, std::shared_ptr<const Zone> zone,
       TransportFactory make_transport)
      : zone_(std::move(zone)),
        limits_(settings.tcp_max_connections, settings.tcp_max_connections_per_client),
        cache_(settings.resolver.cache),
        resolver_(settings.resolver, cache_, std::move(make_transport)) {
    // Each worker has descriptors of its own for them.
    std::vector<Descriptor> taken_over(settings.inherited.begin(), settings.inherited.end());
    const std::vector<SocketPair> inherited = bind(settings);
    const std::span own = std::span(bound_).subspan(inherited.size());
    for (unsigned i = 0; i < std::max(settings.workers, 1u); ++i) {
      Worker* before = workers_.empty() ? nullptr : &workers_.back();
      workers_.emplace_back(i, settings, inherited, own, shared_);
      if (before != nullptr) before->helped_by(workers_.back());
    }
  }
  ~Impl() { drain(0); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start() {
    for (Worker& worker : workers_) worker.start();
  }

  void publish(std::shared_ptr<const Zone> zone) {
    zone_.publish(std::move(zone));
    for (Worker& worker : workers_) worker.renew_zone();
  }

  void forward(Routes routes) { resolver_.use(std::move(routes)); }

  const std::vector<Endpoint>& bound() const { return bound_; }
  std::size_t inherited() const { return inherited_; }

  Counters counters() const {
    Counters sum;
    for (const Worker& worker : workers_) add_worker(worker.counts(), sum);
    add_resolver(sum);
    return sum;
  }

  void drain(std::uint32_t timeout) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout);
    for (Worker& worker : workers_) worker.drain();
    for (Worker& worker : workers_) worker.wait(deadline);
    resolver_.abandon();
    for (Worker& worker : workers_) worker.join();
  }

 private:
  // Sets what is served, and returns the part of it that is inherited.
  std::vector<SocketPair> bind(const ServerSettings& settings) {
    std::vector<Passed> passed;
    std::ranges::transform(settings.inherited, std::back_inserter(passed), describe);
    std::vector<SocketPair> pairs = pair_up(passed);
    inherited_ = pairs.size();
    std::ranges::transform(pairs, std::back_inserter(bound_), &SocketPair::address);
    for (const Endpoint& listen : settings.listen) {
      const Endpoint address = endpoint(socket_address(listen));
      if (std::ranges::find(pairs, address, &SocketPair::address) == pairs.end()) {
        bound_.push_back(check_free(listen));
      }
    }
    return pairs;
  }

  // Called on the threads of workers.
  void close_idle_connection() {
    for (Worker& worker : workers_) worker.close_oldest_idle();
  }

  static void add_worker(const Counts& counts, Counters& sum) {
    std::uint64_t queries = 0;
    for (std::size_t type = 0; type < kCountedTypes.size(); ++type) {
      const std::uint64_t udp = counts.queries[std::size_t(Transport::Udp)][type].value();
      const std::uint64_t tcp = counts.queries[std::size_t(Transport::Tcp)][type].value();
      sum.udp_queries[type] += udp;
      sum.tcp_queries[type] += tcp;
      queries += udp + tcp;
    }
    sum.worker_queries.push_back(queries);
    for (std::size_t source = 0; source < kSources.size(); ++source) {
      for (std::size_t rcode = 0; rcode < kCountedRcodes.size(); ++rcode) {
        sum.replies[source][rcode] += counts.replies[source][rcode].value();
      }
      counts.durations[source].add_to(sum.durations[source]);
    }
    sum.dropped += counts.dropped.value();
    sum.refused += counts.refused.value();
    sum.tcp_connections += counts.tcp_connections.value();
    sum.tcp_closed_at_limit += counts.tcp_closed_at_limit.value();
    sum.limited += counts.limited.value();
  }

  void add_resolver(Counters& sum) const {
    const ResolverCounts& counts = resolver_.counts();
    sum.coalesced = counts.coalesced.value();
    sum.prefetches = counts.prefetches.value();
    sum.limited += counts.limited.value();
    sum.questions = counts.questions.value();
    sum.failures = counts.failures.value();
    sum.upstream_queries = counts.transport.queries.value();
    sum.upstream_tcp_queries = counts.transport.tcp_queries.value();
    sum.upstream_malformed = counts.transport.malformed.value();
    sum.upstream_wrong_id = counts.transport.wrong_id.value();
    sum.upstream_wrong_question = counts.transport.wrong_question.value();
    sum.upstream_wrong_case = counts.transport.wrong_case.value();
    sum.upstreams = resolver_.upstreams();
    const Cache::Usage usage = cache_.usage();
    sum.cache_entries = usage.entries;
    sum.cache_bytes = usage.bytes;
  }

  PublishedZone zone_;
  TcpLimits limits_;
  Cache cache_;
  Resolver resolver_;
  const WorkerContext shared_{zone_, cache_, resolver_, limits_,
                              [this] { close_idle_connection(); }};
  std::vector<Endpoint> bound_;
  std::size_t inherited_ = 0;  // the first of bound_
  std::list<Worker> workers_;  // all made before the first starts
};

Server::Server(const ServerSettings& settings, std::shared_ptr<const Zone> zone,
               TransportFactory make_transport)
    : impl_(std::make_unique<Impl>(settings, std::move(zone), std::move(make_transport))) {}
Server::~Server() = default;

void Server::start() {
  impl_->start();
}
void Server::publish(std::shared_ptr<const Zone> zone) {
  impl_->publish(std::move(zone));
}
void Server::forward(Routes routes) {
  impl_->forward(std::move(routes));
}
const std::vector<Endpoint>& Server::bound() const {
  return impl_->bound();
}
std::size_t Server::inherited() const {
  return impl_->inherited();
}
Counters Server::counters() const {
  return impl_->counters();
}
void Server::drain(std::uint32_t timeout) {
  impl_->drain(timeout);
}

}  // namespace dns
