#include "app/server_settings.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "app/host.h"
#include "app/log.h"
#include "app/upstreams.h"

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

void log_upstream(const dns::Endpoint& upstream, dns::UpstreamChange change) {
  const std::string server = dns::to_string(upstream);
  switch (change) {
    case dns::UpstreamChange::Failed:
      return log::warn("upstream doesn't answer: others are asked first", {{"upstream", server}});
    case dns::UpstreamChange::Back:
      return log::info("upstream answers again", {{"upstream", server}});
    case dns::UpstreamChange::Loops:
      return log::error(
          "upstream leads back to this server, and isn't asked: have it forward elsewhere, or set "
          "upstream.servers",
          {{"upstream", server}});
    case dns::UpstreamChange::LoopsNoMore:
      return log::info("upstream no longer leads back to this server", {{"upstream", server}});
    case dns::UpstreamChange::LosesCase:
      return log::info("upstream changes the case of names, which no longer protects its answers",
                       {{"upstream", server}});
  }
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
  resolver.report = log_upstream;
  return resolver;
}

}  // namespace

unsigned workers(const config::Settings& settings) {
  return settings.workers == 0 ? allowed_cores() : settings.workers;
}

dns::ServerSettings server_settings(const config::Settings& settings, QueryObserver& observer,
                                    std::vector<int> inherited) {
  dns::ServerSettings server;
  // Nobody asked for the default beside sockets that were chosen.
  if (inherited.empty() || !settings.listen_by_default) server.listen = endpoints(settings.listen);
  server.inherited = std::move(inherited);
  server.workers = workers(settings);
  server.observe = observer.function();
  for (const mesh::Cidr& range : settings.allow) server.allow.push_back(client_prefix(range));
  server.tcp_idle_timeout = static_cast<std::uint32_t>(settings.tcp.idle_timeout);
  server.tcp_max_connections = settings.tcp.max_connections;
  server.tcp_max_connections_per_client = settings.tcp.max_connections_per_client;
  server.resolver = resolver_settings(settings);
  return server;
}

}  // namespace app
