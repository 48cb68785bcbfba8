// Answers the queries of one worker: from the zone, else from the cache, else by the resolver; and
// counts them.
//
// Belongs to one worker and is used by its thread only, but for the counts, which any thread may
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
#include "dns/count.h"
#include "dns/server/counters.h"
#include "dns/server/exchange.h"
#include "dns/server/server_settings.h"
#include "dns/server/worker_context.h"

namespace boost::asio {
class io_context;
}

namespace dns {

struct Counts {
  std::array<std::array<Count, kCountedTypes.size()>, 2> queries;  // by transport and type
  std::array<std::array<Count, kCountedRcodes.size()>, kSources.size()> replies;
  std::array<DurationCounts, kSources.size()> durations;
  Count dropped;
  Count refused;
  Count tcp_connections;
  Count tcp_closed_at_limit;
  Count limited;  // questions rejected since the resolver had no room
};

class Responder {
 public:
  // Of the worker `number`. `io` runs on its thread.
  Responder(boost::asio::io_context& io, unsigned number, const ServerSettings& settings,
            const WorkerContext& shared);

  // Drops a zone that is no longer published; begin() does, too.
  void renew_zone() { shared_.zone.renew(zone_); }

  enum class Next : std::uint8_t {
    Send,     // the reply in `out`
    Drop,     // without a reply
    Resolve,  // call resolve()
  };
  struct Outcome {
    Next next = Next::Drop;
    std::size_t size = 0;  // of the reply
  };
  // Queries are answered in batches: begin() when one was received, end() before its replies are
  // sent. So the clock, which costs as much as an answer, is read twice a batch.
  void begin() {
    received_ = Clock::now();
    renew_zone();
  }
  Outcome respond(std::span<const std::uint8_t> query, const Client& client, Transport transport,
                  std::span<std::uint8_t> out);
  void end();

  // Asks the resolver, and calls `deliver` with the answer on the worker's thread, later; never, if
  // the resolver is abandoned before. REQUIRES: respond() returned Resolve for this query.
  using Deliver = std::function<void(std::span<const std::uint8_t> answer)>;
  void resolve(std::span<const std::uint8_t> query, const Client& client, Transport transport,
               Deliver deliver);

  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct SourcedAnswer {
    Answer answer;
    Source source = Source::Mesh;
  };
  struct PendingQuery;

  bool allows(const ClientAddress& client) const;
  SourcedAnswer answer_query(std::span<const std::uint8_t> query, const Client& client,
                             Transport transport, std::span<std::uint8_t> out);
  SourcedAnswer answer_from_cache(std::span<const std::uint8_t> message, Transport transport,
                                  std::span<std::uint8_t> out);
  void complete(const PendingQuery& pending, const Resolved& resolved);
  void count(const SourcedAnswer& made);

  boost::asio::io_context& io_;
  const unsigned number_;
  const std::function<void(unsigned, const Exchange&)> observe_;
  const std::vector<ClientPrefix> allow_;
  const std::uint16_t keepalive_;  // 100 ms
  const WorkerContext& shared_;
  PublishedZone::Held zone_;
  std::vector<std::uint8_t> late_answer_;  // of kMaxMessage bytes, used by all in turn
  Clock::time_point received_;             // of this batch
  std::array<std::uint32_t, kSources.size()> answered_{};  // of this batch
  alignas(64) Counts counts_;
};

}  // namespace dns
