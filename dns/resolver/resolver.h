// Finds out what isn't ours: asks the upstreams, keeps what they say, and tells who asked.
//
// One for all workers, with a thread of its own. So a question that several clients have is asked
// once, limits hold for all clients together, what one client learns of a dead server helps the
// others, and nothing that happens here keeps a worker from answering names of the mesh.
//
// The public functions may be called by any thread; what is to be told is told on the resolver's.
// Internal to the folder: it includes Asio.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dns/answer.h"
#include "dns/cache.h"
#include "dns/client.h"
#include "dns/resolver/channel.h"
#include "dns/resolver/random.h"
#include "dns/resolver/resolver_settings.h"
#include "dns/resolver/upstream.h"
#include "dns/resolver/upstream_status.h"

namespace dns {

// Of a question that has no place among those that wait.
inline constexpr Failure kTooMany = {Rcode::ServFail, Ede::Other, "too many in flight"};

// What became of a question: a response, or, where that is null, a failure.
struct Resolved {
  std::shared_ptr<const Response> response;
  Given given;
  Failure failure;
};

struct ResolverCounts {
  ChannelCounts channel;
  Count coalesced;  // questions that another client had asked already
  Count limited;    // questions refused at a limit
  Count questions;  // asked of upstreams: once each, whoever waits and however many are asked
  Count failures;   // those of them that no upstream answered
  Count prefetches;
};

class Resolver {
 public:
  using Deliver = std::function<void(const Resolved&)>;

  Resolver(const ResolverSettings& settings, Cache& cache);
  // REQUIRES: nobody calls any more.
  ~Resolver();

  // From now on nobody is told anything: what `deliver` holds is let go.
  void abandon();

  // From now on; what is under way ends with the servers that it began with.
  void use(Routes routes);
  void resolve(const Question& question, const ClientAddress& client, Deliver deliver);
  // False while as many questions as may wait have not even been looked at: more would only make
  // the queue longer.
  bool has_room() const {
    return queued_.load(std::memory_order_relaxed) < settings_.max_in_flight;
  }
  // Asks again for what is about to run out.
  void renew(const Question& question);
  // True for a question of ours that came back to us: that upstream leads here.
  bool is_own_probe(const Qname& qname);

  const ResolverCounts& counts() const { return counts_; }
  // Those of the last routes, in their order, each once.
  std::vector<UpstreamStatus> upstreams() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Upstream;
  struct UpstreamTally;
  struct Flight;
  struct Attempt;
  using UpstreamPtr = std::shared_ptr<Upstream>;
  using FlightPtr = std::shared_ptr<Flight>;

  void adopt(const Routes& routes);
  void publish_tallies();
  UpstreamPtr upstream(const UpstreamAddress& address);

  void join(const Question& question, const ClientAddress& client, Deliver deliver);
  bool admit(const ClientAddress& client);
  void leave(const ClientAddress& client);
  std::pair<FlightPtr, bool> flight_for(const Question& question);
  void take_off(const FlightPtr& flight);
  std::vector<UpstreamPtr> candidates(const Question& question);
  void probe_the_failed(const Question& question, const std::vector<UpstreamPtr>& all);
  void attempt(const FlightPtr& flight);
  void heard(const FlightPtr& flight, const UpstreamPtr& upstream, const Attempt& attempt);
  void land(const FlightPtr& flight, const std::shared_ptr<const Response>& response);
  void wait_with_stale(const FlightPtr& flight);
  void tell(Flight& flight, const Resolved& resolved);
  Resolved stale_of(const Flight& flight);

  void ask(const UpstreamPtr& upstream, const Question& question, std::chrono::milliseconds timeout,
           std::function<void(const Attempt&)> heard);
  void note(const UpstreamPtr& upstream, const Attempt& attempt);

  void check_for_loop(const UpstreamPtr& upstream);
  void came_back(std::uint64_t number);
  void report(const Upstream& upstream, UpstreamChange change);

  const ResolverSettings settings_;
  Cache& cache_;
  const std::string probe_token_;
  ResolverCounts counts_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  Random random_;
  bool abandoned_ = false;
  std::atomic<unsigned> queued_ =
      0;  // questions that resolve() was given and the thread hasn't seen
  Routes routes_;
  std::vector<std::vector<UpstreamPtr>> servers_;   // of each route
  std::vector<std::weak_ptr<Upstream>> upstreams_;  // all that there are
  std::uint64_t upstreams_made_ = 0;
  mutable std::mutex tallies_mutex_;  // held to copy the list only
  std::vector<std::shared_ptr<const UpstreamTally>> tallies_;
  std::unordered_map<std::string, FlightPtr> flights_;  // by Question::key()
  std::map<ClientAddress, unsigned> waiting_;           // questions of each client
  unsigned waiting_in_all_ = 0;
  std::unordered_map<Channel*, std::shared_ptr<Channel>> busy_;
  std::thread thread_;
};

}  // namespace dns
