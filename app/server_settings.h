// What the settings say, as the DNS server takes it.
#pragma once

#include <functional>
#include <vector>

#include "config/settings.h"
#include "dns/server/server_settings.h"
#include "logging/query_observer.h"

namespace app {

// Threads that answer.
unsigned workers(const config::Settings& settings);

// Called on the thread of the resolver, which waits for it.
using UpstreamReport = std::function<void(const dns::UpstreamAddress&, dns::UpstreamChange)>;

// `inherited`: descriptors of sockets that were bound for us. `observer` outlives the server.
dns::ServerSettings server_settings(const config::Settings& settings,
                                    logging::QueryObserver& observer, std::vector<int> inherited,
                                    UpstreamReport report);

}  // namespace app
