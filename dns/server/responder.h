// What a worker answers with: the zone, the cache, who may ask, and the counts. The one place where
// a query that isn't ours goes on to the resolver.
//
// Belongs to one worker and is touched by its thread only, but for the counters, which anyone may
// read. Internal to the folder.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "dns/answer.h"
#include "dns/cache.h"
#include "dns/count.h"
#include "dns/server/counters.h"
#include "dns/server/exchange.h"
#include "dns/server/published_zone.h"
#include "dns/server/server_settings.h"

namespace boost::asio {
class io_context;
}

namespace dns {

class Resolver;
struct Resolved;

struct Counts {
  std::array<std::array<Count, kCountedTypes.size()>, 2> queries;  // by transport and type
  std::array<std::array<Count, kCountedRcodes.size()>, kSources.size()> replies;
  std::array<DurationCounts, kSources.size()> durations;
  Count dropped;
  Count refused;
  Count tcp_connections;
  Count tcp_closed_at_limit;
  Count limited;  // questions that the resolver had no room for
};

class Responder {
 public:
  // Of the worker `number`. `io` runs on its thread; what it doesn't own outlives it.
  Responder(boost::asio::io_context& io, unsigned number, const ServerSettings& settings,
            const PublishedZone& published, Cache& cache, Resolver& resolver);

  // Lets go of a zone that isn't in use any more; begin() does, too.
  void renew_zone() { published_.renew(zone_); }

  enum class Next : std::uint8_t {
    Send,     // what is in `out`
    Nothing,  // no answer is due
    Resolve,  // call resolve()
  };
  struct Outcome {
    Next next = Next::Nothing;
    std::size_t size = 0;  // of what is to be sent
  };
  // Queries are answered in batches: begin() when one was received, end() when its replies are
  // about to be sent. So the clock, which costs as much as an answer, is read twice a batch.
  void begin() {
    received_ = Clock::now();
    renew_zone();
  }
  Outcome respond(std::span<const std::uint8_t> query, const Client& client, Transport transport,
                  std::span<std::uint8_t> out);
  void end();

  // Has the resolver find out, and calls `deliver` with the answer on the worker's thread, later;
  // never, if the resolver is abandoned before. REQUIRES: respond() said so of this query.
  using Deliver = std::function<void(std::span<const std::uint8_t> answer)>;
  void resolve(std::span<const std::uint8_t> query, const Client& client, Transport transport,
               Deliver deliver);

  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Sourced {
    Answer answer;
    Source source = Source::Mesh;
  };
  struct Waiting;

  bool allows(const ClientAddress& client) const;
  Sourced sourced(std::span<const std::uint8_t> query, const Client& client, Transport transport,
                  std::span<std::uint8_t> out);
  Sourced elsewhere(std::span<const std::uint8_t> message, Transport transport,
                    std::span<std::uint8_t> out);
  void complete(const Waiting& waiting, const Resolved& resolved);
  void count(const Sourced& sourced);

  boost::asio::io_context& io_;
  const unsigned number_;
  const std::function<void(unsigned, const Exchange&)> observe_;
  const std::vector<ClientPrefix> allow_;
  const std::uint16_t keepalive_;  // 100 ms
  const PublishedZone& published_;
  PublishedZone::Held zone_;
  Cache& cache_;
  Resolver& resolver_;
  std::vector<std::uint8_t> late_answer_;  // of kMaxMessage octets, used by all in turn
  Clock::time_point received_;             // of this batch
  std::array<std::uint32_t, kSources.size()> answered_{};  // of this batch
  alignas(64) Counts counts_;
};

}  // namespace dns
