// Resolves the names that are not ours: asks the upstreams, caches what they answer, and delivers
// it to all who asked.
//
// One for all workers, with a thread of its own. So a question that several clients have is asked
// once, limits hold for all clients together, an upstream that failed for one client is known to
// the others, and nothing that happens here keeps a worker from answering names of the mesh.
//
// The public functions may be called by any thread; callbacks run on the resolver's thread.
// Internal to dns/: it includes Asio.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dns/answer.h"
#include "dns/cache.h"
#include "dns/client.h"
#include "dns/resolver/in_flight_limits.h"
#include "dns/resolver/loop_probe.h"
#include "dns/resolver/resolver_settings.h"
#include "dns/resolver/routes.h"
#include "dns/resolver/upstream.h"
#include "dns/resolver/upstream_status.h"
#include "dns/resolver/upstream_transport.h"

namespace dns {

// Of a question that was rejected at a limit.
inline constexpr Failure kTooMany = {Rcode::ServFail, Ede::Other, "too many in flight"};

// How a question ended: with a response or, where that is null, a failure.
struct Resolved {
  std::shared_ptr<const Response> response;
  Given given;
  Failure failure;
};

struct ResolverCounts {
  TransportCounts transport;
  Count coalesced;  // questions that were in flight already for another client
  Count limited;    // questions rejected at a limit
  Count questions;  // asked of upstreams: once each, however many clients and attempts
  Count failures;   // those of them that no upstream answered
  Count prefetches;
};

class Resolver {
 public:
  using Deliver = std::function<void(const Resolved&)>;

  // `cache` outlives it. `make_transport` is called on the resolver's thread.
  Resolver(const ResolverSettings& settings, Cache& cache, TransportFactory make_transport);
  // REQUIRES: no other thread calls it any more.
  ~Resolver();

  // From now on nothing is delivered: every `deliver` is released without a call.
  void abandon();

  // The upstreams to ask from now on; questions in flight end with those that they began with.
  void use(Routes routes);
  void resolve(const Question& question, const ClientAddress& client, Deliver deliver);
  // False while the thread has a backlog of as many questions as may be in flight: more would only
  // lengthen the queue.
  bool has_room() const {
    return backlog_.load(std::memory_order_relaxed) < settings_.max_in_flight;
  }
  // Renews a cached response that is about to expire.
  void prefetch(const Question& question);
  // True for the name of a loop probe that came back to us: the upstream that it was sent to leads
  // here.
  bool is_own_probe(const Qname& qname);

  const ResolverCounts& counts() const { return counts_; }
  // Those of the last routes, in their order, each once.
  std::vector<UpstreamStatus> upstreams() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct InFlight;
  struct Attempt;
  using UpstreamPtr = std::shared_ptr<Upstream>;
  using InFlightPtr = std::shared_ptr<InFlight>;

  void adopt(const Routes& routes);
  void publish_tallies();
  UpstreamPtr find_or_add_upstream(const UpstreamAddress& address);

  void accept(const Question& question, const ClientAddress& client, Deliver deliver);
  std::pair<InFlightPtr, bool> find_or_add(const Question& question);
  void start(const InFlightPtr& query);
  std::vector<UpstreamPtr> plan_attempts(const Question& question);
  void probe_failed(const Question& question, const std::vector<UpstreamPtr>& upstreams);
  void attempt_next(const InFlightPtr& query);
  void end_attempt(const InFlightPtr& query, const UpstreamPtr& upstream, const Attempt& attempt);
  void complete(const InFlightPtr& query, const std::shared_ptr<const Response>& response);
  void start_stale_timer(const InFlightPtr& query);
  void deliver_to_waiters(InFlight& query, const Resolved& resolved);
  static Resolved stale_of(const InFlight& query);

  void ask(const UpstreamPtr& upstream, const Question& question, std::chrono::milliseconds timeout,
           std::function<void(const Attempt&)> done);
  void record(const UpstreamPtr& upstream, const Attempt& attempt);
  void report(const Upstream& upstream, UpstreamChange change);

  void probe_for_loop(const UpstreamPtr& upstream);
  void receive_probe(std::uint64_t number);

  const ResolverSettings settings_;
  Cache& cache_;
  const TransportFactory make_transport_;
  const LoopProbeNames probe_names_;
  ResolverCounts counts_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  bool abandoned_ = false;
  std::atomic<unsigned> backlog_ = 0;  // questions of resolve() that the thread has not seen yet
  Routes routes_;
  std::vector<std::vector<UpstreamPtr>> route_upstreams_;  // of each route
  std::vector<std::weak_ptr<Upstream>> upstreams_;         // all that there are
  std::uint64_t upstreams_made_ = 0;
  mutable std::mutex tallies_mutex_;  // held to copy the list only
  std::vector<std::shared_ptr<const UpstreamTally>> tallies_;
  std::unordered_map<std::string, InFlightPtr> in_flight_;  // by Question::key()
  InFlightLimits limits_;                                   // of the clients that wait
  std::thread thread_;
};

}  // namespace dns
