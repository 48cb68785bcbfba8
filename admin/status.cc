#include "admin/status.h"

#include <boost/json.hpp>
#include <chrono>
#include <optional>

#include "admin/concerns.h"
#include "host/version.h"
#include "pipeline/resource_json.h"

namespace admin {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& from) {
  json::array array;
  for (const std::string& text : from) array.emplace_back(text);
  return array;
}

// Seconds since then, 0 if nothing is behind.
double age(const std::optional<pipeline::Time>& since) {
  if (!since) return 0;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - *since).count();
}

json::object figures(const std::vector<pipeline::Figure>& figures) {
  json::object object;
  for (const pipeline::Figure& figure : figures) object[figure.name] = figure.value;
  return object;
}

json::array sources(const std::vector<pipeline::SourceState>& sources) {
  json::array array;
  for (const pipeline::SourceState& source : sources) {
    array.push_back({{"name", source.name},
                     {"from", texts(source.from)},
                     {"complete", source.complete},
                     {"problem", source.problem},
                     {"behindSeconds", age(source.behind_since)},
                     {"figures", figures(source.figures)}});
  }
  return array;
}

json::array outputs(const std::vector<pipeline::OutputState>& outputs) {
  json::array array;
  for (const pipeline::OutputState& output : outputs) {
    array.push_back(
        {{"name", output.name}, {"problem", output.problem}, {"figures", figures(output.figures)}});
  }
  return array;
}

json::object table(const Status& status) {
  const pipeline::Summary& summary = status.summary;
  return {{"ready", status.table},
          {"confirmed", status.confirmed},
          {"ageSeconds", status.age},
          {"waiting", status.waiting},
          {"stored", status.stored},
          {"generation", status.generation},
          {"names", status.names},
          {"services", summary.services},
          {"reloads", status.reloads},
          {"namesMoved", status.names_moved},
          {"collisions", summary.collisions},
          {"templateErrors", summary.template_errors},
          {"clusterDomain", summary.cluster_domain},
          {"withoutVip", summary.without_vip}};
}

json::array concerns_json(const Status& status) {
  json::array array;
  for (const pipeline::Concern& concern : concerns(status)) {
    array.push_back({{"severity", mesh::to_string(concern.severity)}, {"message", concern.text}});
  }
  return array;
}

json::array problems(const mesh::Diagnostics& diagnostics) {
  json::array array;
  for (const mesh::Diagnostic& diagnostic : diagnostics) {
    array.push_back(pipeline::diagnostic_json(diagnostic));
  }
  return array;
}

json::array pools(const std::vector<vip::PoolUse>& pools) {
  json::array array;
  for (const vip::PoolUse& pool : pools) {
    array.push_back({{"kind", to_string(pool.kind)},
                     {"pool", pool.pool.to_string()},
                     {"size", pool.usable},
                     {"used", pool.used},
                     {"quarantined", pool.quarantined},
                     {"tombstones", pool.tombstones}});
  }
  return array;
}

json::array routes(const std::vector<RouteStatus>& routes) {
  json::array array;
  for (const RouteStatus& route : routes) {
    array.push_back(
        {{"zone", route.zone}, {"servers", texts(route.servers)}, {"from", route.from}});
  }
  return array;
}

json::array upstreams(const std::vector<dns::UpstreamStatus>& upstreams) {
  json::array array;
  for (const dns::UpstreamStatus& upstream : upstreams) {
    array.push_back({{"server", dns::to_string(upstream.address)},
                     {"state", dns::to_string(upstream.state)},
                     {"answers", upstream.answers},
                     {"silent", upstream.silent},
                     {"unreachable", upstream.unreachable},
                     {"meanMilliseconds", upstream.mean().count()}});
  }
  return array;
}

json::object queries(const dns::Counters& counters) {
  json::object types;
  for (std::size_t i = 0; i < dns::kCountedTypes.size(); ++i) {
    const std::uint64_t count = counters.udp_queries[i] + counters.tcp_queries[i];
    if (count != 0) types[dns::kCountedTypes[i]] = count;
  }
  json::object sources;
  for (const dns::Source source : dns::kSources) {
    sources[dns::to_string(source)] = counters.replies_from(source);
  }
  json::object rcodes;
  for (std::size_t i = 0; i < dns::kCountedRcodes.size(); ++i) {
    const std::uint64_t count = counters.replies_with(i);
    if (count != 0) rcodes[dns::kCountedRcodes[i]] = count;
  }
  return {{"received", counters.queries()},  {"byType", std::move(types)},
          {"bySource", std::move(sources)},  {"byRcode", std::move(rcodes)},
          {"dropped", counters.dropped},     {"refusedClients", counters.refused},
          {"unanswered", counters.failures}, {"limited", counters.limited}};
}

}  // namespace

void describe(const config::Settings& settings, Status& status) {
  status.version = host::version();
  status.mode = settings.mode == config::Mode::Kubernetes ? "kubernetes" : "universal";
  status.zone = settings.zone;
  status.mesh = settings.mesh;
  status.cache_size = settings.cache.size;
}

RouteStatus route_status(const dns::Route& route, std::string from) {
  RouteStatus status{route.zone.to_string(), {}, std::move(from)};
  for (const dns::UpstreamAddress& server : route.servers) {
    status.servers.push_back(dns::to_string(server));
  }
  return status;
}

std::string status_json(const Status& status) {
  const dns::Counters& counters = status.counters;
  const json::object object{
      {"version", status.version},
      {"host", status.host},
      {"uptimeSeconds", status.uptime},
      {"mode", status.mode},
      {"zone", status.zone},
      {"mesh", status.mesh},
      {"listen", texts(status.listen)},
      {"table", table(status)},
      {"sources", sources(status.sources)},
      {"outputs", outputs(status.outputs)},
      {"concerns", concerns_json(status)},
      {"problems", problems(status.summary.problems)},
      {"pools", pools(status.summary.pools)},
      {"routes", routes(status.routes)},
      {"upstreams", upstreams(counters.upstreams)},
      {"cache",
       {{"entries", counters.cache_entries},
        {"bytes", counters.cache_bytes},
        {"size", status.cache_size},
        {"prefetches", counters.prefetches},
        {"coalesced", counters.coalesced}}},
      {"queries", queries(counters)},
      {"workers", json::array(counters.worker_queries.begin(), counters.worker_queries.end())},
      {"tcpConnections", counters.tcp_connections},
      {"queriesUnlogged", status.queries_unlogged},
      {"dnstapDropped", status.dnstap_dropped}};
  return json::serialize(object) + '\n';
}

}  // namespace admin
