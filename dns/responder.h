// What a worker answers with: the zone, who may ask, and the counts. The one place where a query
// that isn't ours will go on to a resolver.
//
// Belongs to one worker and is touched by its thread only, but for the counters, which anyone may
// read. Internal to the folder.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dns/answer.h"
#include "dns/server.h"

namespace dns {

// An address of 16 octets; IPv4 as ::ffff:a.b.c.d.
using ClientAddress = std::array<std::uint8_t, 16>;

// Written by one thread, without the cost of an atomic addition; read by all.
class Count {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct Counts {
  Count udp_queries;
  Count tcp_queries;
  Count replies;
  Count dropped;
  Count refused;
  Count tcp_connections;
  Count tcp_closed_at_limit;
};

class Responder {
 public:
  Responder(std::vector<ClientPrefix> allow, std::uint32_t tcp_idle_timeout,
            std::shared_ptr<const Zone> zone)
      : allow_(std::move(allow)),
        keepalive_(static_cast<std::uint16_t>(std::min(tcp_idle_timeout / 100, 65535u))),
        zone_(std::move(zone)) {}

  void adopt(std::shared_ptr<const Zone> zone) { zone_ = std::move(zone); }

  // Gives the size of the answer in `out`, 0 for none.
  std::size_t respond(std::span<const std::uint8_t> query, const ClientAddress& client,
                      Transport transport, std::span<std::uint8_t> out);

  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  bool allows(const ClientAddress& client) const;

  const std::vector<ClientPrefix> allow_;
  const std::uint16_t keepalive_;  // 100 ms
  std::shared_ptr<const Zone> zone_;
  alignas(64) Counts counts_;
};

}  // namespace dns
