// What the settings say, as the DNS server takes it.
#pragma once

#include <vector>

#include "app/query_observer.h"
#include "config/settings.h"
#include "dns/server.h"

namespace app {

// Threads that answer.
unsigned workers(const config::Settings& settings);

// `inherited`: descriptors of sockets that were bound for us. `observer` outlives the server, whose
// upstreams are told of in the log.
dns::ServerSettings server_settings(const config::Settings& settings, QueryObserver& observer,
                                    std::vector<int> inherited);

}  // namespace app
