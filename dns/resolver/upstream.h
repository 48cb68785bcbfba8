// Which server is asked about a name, and in what order those that could be are tried.
//
// Pure: no sockets, no clock; `now` is a parameter.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dns/name.h"
#include "dns/resolver/upstream_address.h"

namespace dns {

// The servers for the names in a DNS zone, the first of them first. None: these names fail.
struct Route {
  Name zone;
  std::vector<UpstreamAddress> servers;
  friend bool operator==(const Route&, const Route&) = default;
};
using Routes = std::vector<Route>;

// The route with the longest zone that `qname` is in; null if there is none, not even for ".".
const Route* find_route(const Routes& routes, const Name& qname);

// Whether a server answers, as far as it was seen.
class Health {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void answered() { failures_ = 0; }
  // It was silent, or couldn't be reached, by a query sent at `sent`. Queries that were under way
  // together count as one failure.
  void failed(Time sent, Time now);

  bool well() const { return failures_ == 0; }
  // It failed so often that asking it twice for one client isn't worth the time.
  bool dead() const { return failures_ >= kDead; }
  // It is time to see whether a server that failed is back. True for one caller.
  bool probe(Time now);

 private:
  static constexpr unsigned kDead = 3;
  std::chrono::seconds pause() const;

  unsigned failures_ = 0;
  Time failed_at_{};
  Time next_probe_{};
};

// The most times that servers are asked for one client.
inline constexpr std::size_t kMaxAttempts = 4;

// Indices into `servers` in the order in which they are to be asked: those that are well, then the
// others, then again those that aren't dead, kMaxAttempts in all.
std::vector<std::size_t> plan(std::span<const Health* const> servers);

}  // namespace dns
