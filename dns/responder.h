// What a worker answers with: the zone, the cache, who may ask, and the counts. The one place where
// a query that isn't ours goes on to the resolver.
//
// Belongs to one worker and is touched by its thread only, but for the counters, which anyone may
// read. Internal to the folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "dns/answer.h"
#include "dns/cache.h"
#include "dns/count.h"
#include "dns/server.h"

namespace boost::asio {
class io_context;
}

namespace dns {

class Resolver;

struct Counts {
  Count udp_queries;
  Count tcp_queries;
  Count replies;
  Count dropped;
  Count refused;
  Count tcp_connections;
  Count tcp_closed_at_limit;
  Count cache_hits;
  Count stale;    // of the cache hits
  Count limited;  // questions that the resolver had no room for
};

class Responder {
 public:
  // `io` runs on the worker's thread; what it doesn't own outlives it.
  Responder(boost::asio::io_context& io, const ServerSettings& settings,
            std::shared_ptr<const Zone> zone, Cache& cache, Resolver& resolver);

  void adopt(std::shared_ptr<const Zone> zone) { zone_ = std::move(zone); }

  enum class Next : std::uint8_t {
    Send,     // what is in `out`
    Nothing,  // no answer is due
    Resolve,  // call resolve()
  };
  struct Outcome {
    Next next = Next::Nothing;
    std::size_t size = 0;  // of what is to be sent
  };
  Outcome respond(std::span<const std::uint8_t> query, const ClientAddress& client,
                  Transport transport, std::span<std::uint8_t> out);

  // Has the resolver find out, and calls `deliver` with the answer on the worker's thread, later;
  // never, if the resolver is abandoned before. REQUIRES: respond() said so of this query.
  using Deliver = std::function<void(std::span<const std::uint8_t> answer)>;
  void resolve(std::span<const std::uint8_t> query, const ClientAddress& client,
               Transport transport, Deliver deliver);

  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  bool allows(const ClientAddress& client) const;
  Outcome outcome(const Answer& answer);
  Outcome respond_elsewhere(std::span<const std::uint8_t> message, Transport transport,
                            std::span<std::uint8_t> out);

  boost::asio::io_context& io_;
  const std::vector<ClientPrefix> allow_;
  const std::uint16_t keepalive_;  // 100 ms
  std::shared_ptr<const Zone> zone_;
  Cache& cache_;
  Resolver& resolver_;
  std::vector<std::uint8_t> late_answer_;  // of kMaxMessage octets, used by all in turn
  alignas(64) Counts counts_;
};

}  // namespace dns
