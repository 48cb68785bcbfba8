// Sends queries and replies to a collector at a Unix socket, as dnstap (https://dnstap.info) in
// Frame cli::Streams: a CLIENT_QUERY and a CLIENT_RESPONSE of each.
//
// A thread of libfstrm's sends; workers only hand over, each to a queue of its own, and never wait:
// what finds no room in it is counted and lost. Without a collector everything is lost, and it is
// looked for every few seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dns/server/exchange.h"

namespace logging {

// Who sends.
struct TapOrigin {
  std::string identity;
  std::string version;
};

enum class TapMessage : std::uint8_t { ClientQuery, ClientResponse };

// One message in protobuf. `replied`: when the reply was made. Pure.
std::vector<std::uint8_t> tap_message(TapMessage which, const TapOrigin& origin,
                                      const dns::Exchange& exchange,
                                      std::chrono::system_clock::time_point replied);

class Dnstap {
 public:
  // Throws std::runtime_error with the reason. The thread that it starts has the signal mask of the
  // caller.
  Dnstap(const std::string& socket, TapOrigin origin, unsigned workers);
  ~Dnstap();  // sends what is queued; REQUIRES: no worker tells any more
  Dnstap(const Dnstap&) = delete;
  Dnstap& operator=(const Dnstap&) = delete;

  // Called by the worker's thread.
  void tell(unsigned worker, const dns::Exchange& exchange);
  // Messages that found no room. Any thread may ask.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  class Sender;

  const TapOrigin origin_;
  std::unique_ptr<Sender> sender_;
  std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace logging
