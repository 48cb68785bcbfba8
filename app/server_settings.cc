#include "app/server_settings.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "host/host.h"
#include "host/upstreams.h"

namespace app {
namespace {

dns::ClientPrefix client_prefix(const mesh::Cidr& range) {
  dns::ClientPrefix prefix;
  const auto bytes = range.first().bytes();
  if (range.family() == mesh::Family::V6) {
    std::ranges::copy(bytes, prefix.first.begin());
    prefix.length = range.length();
    return prefix;
  }
  prefix.first[10] = prefix.first[11] = 0xff;  // ::ffff:0:0/96, RFC 4291, 2.5.5.2
  std::ranges::copy(bytes, prefix.first.begin() + 12);
  prefix.length = range.length() + 96;
  return prefix;
}

dns::ResolverSettings resolver_settings(const config::Settings& settings) {
  using std::chrono::milliseconds;
  dns::ResolverSettings resolver;
  resolver.timeout = milliseconds(settings.upstream.timeout);
  resolver.max_in_flight = settings.upstream.max_in_flight;
  resolver.max_in_flight_per_client = settings.upstream.max_in_flight_per_client;
  resolver.stale_after = milliseconds(settings.cache.stale_after);
  resolver.cache.size = settings.cache.size;
  resolver.cache.max_ttl = milliseconds(settings.cache.max_ttl);
  resolver.cache.stale_for = milliseconds(settings.cache.stale_for);
  resolver.cache.prefetch = settings.cache.prefetch;
  return resolver;
}

}  // namespace

unsigned workers(const config::Settings& settings) {
  return settings.workers == 0 ? host::allowed_cores() : settings.workers;
}

dns::ServerSettings server_settings(const config::Settings& settings,
                                    logging::QueryObserver& observer, std::vector<int> inherited,
                                    UpstreamReport report) {
  dns::ServerSettings server;
  // Nobody asked for the default beside sockets that were chosen.
  if (inherited.empty() || !settings.listen_by_default)
    server.listen = host::endpoints(settings.listen);
  server.inherited = std::move(inherited);
  server.workers = workers(settings);
  server.observe = observer.function();
  for (const mesh::Cidr& range : settings.allow) server.allow.push_back(client_prefix(range));
  server.tcp_idle_timeout = static_cast<std::uint32_t>(settings.tcp.idle_timeout);
  server.tcp_max_connections = settings.tcp.max_connections;
  server.tcp_max_connections_per_client = settings.tcp.max_connections_per_client;
  server.resolver = resolver_settings(settings);
  server.resolver.report = std::move(report);
  return server;
}

}  // namespace app
