// What the workers of one server share. It outlives them. Internal to the folder.
#pragma once

#include <functional>

#include "dns/cache.h"
#include "dns/resolver/resolver.h"
#include "dns/server/published_zone.h"
#include "dns/server/tcp_limits.h"

namespace dns {

struct WorkerContext {
  const PublishedZone& zone;
  Cache& cache;
  Resolver& resolver;
  TcpLimits& tcp_limits;
  // Closes an idle TCP connection of any worker; called by a worker that has none itself.
  std::function<void()> close_idle_connection;
};

}  // namespace dns
