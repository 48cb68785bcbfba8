// How the names that are not ours are resolved: a plain struct, filled in by whoever makes a
// Resolver or a Server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "dns/cache_settings.h"
#include "dns/resolver/upstream_address.h"

namespace dns {

// What a resolver reports of an upstream when it changes.
enum class UpstreamChange : std::uint8_t {
  Failed,  // timeout or unreachable: other upstreams are asked first
  Back,    // it answers again
  Loops,   // it leads back to us: it is not asked
  LoopsNoMore,
  LosesCase,  // it does not keep the case of the question's letters
};

struct ResolverSettings {
  std::chrono::milliseconds timeout{1000};  // of one attempt at one upstream
  // Queries that wait for an upstream; further ones are SERVFAIL. Clients on this host share the
  // limit for all clients only.
  unsigned max_in_flight = 1000;
  unsigned max_in_flight_per_client = 100;
  std::chrono::milliseconds stale_after{1800};  // until a stale response is served
  CacheSettings cache;
  // Called on the resolver's thread, if it is set.
  std::function<void(const UpstreamAddress&, UpstreamChange)> report;
};

}  // namespace dns
