#include "app/admin.h"

#include <prometheus/text_serializer.h>

#include <vector>

namespace app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

http::Page ready_page(const Report& report) {
  const std::string age = std::to_string(static_cast<long>(report.age)) + " s";
  http::Page page;
  if (!report.table) {
    page.status = 503;
    page.body =
        "no table yet for " + age + (report.waiting.empty() ? "" : ": " + report.waiting) + '\n';
  } else if (!report.confirmed) {
    page.body = "ready, with the table of the state file, for " + age +
                (report.waiting.empty() ? "" : ": " + report.waiting) + '\n';
  } else if (!report.waiting.empty()) {
    page.body = "ready, with a table that is " + age + " old: " + report.waiting + '\n';
  } else {
    page.body = "ready\n";
  }
  return page;
}

struct Value {
  const char* name;
  const char* help;
  double value;
};

void add(std::vector<MetricFamily>& families, MetricType type, const Value& from) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = from.value;
  families.push_back({from.name, from.help, type, {metric}});
}

std::string metrics(const Report& report) {
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  const dns::Counters& counters = report.counters;
  const Value kGauges[] = {
      {"mesh_dns_ready", "Whether names are answered from a table.", report.table ? 1.0 : 0.0},
      {"mesh_dns_table_confirmed", "Whether the sources confirmed the table since the start.",
       report.confirmed ? 1.0 : 0.0},
      {"mesh_dns_table_age_seconds", "Since the sources last confirmed the table, or the start.",
       report.age},
      {"mesh_dns_names", "Names in the table.", number(report.names)},
      {"mesh_dns_services", "Services, given and generated.", number(report.services)},
      {"mesh_dns_cache_entries", "Answers of other servers in the cache.",
       number(counters.cache_entries)},
      {"mesh_dns_cache_bytes", "Memory of the cache.", number(counters.cache_bytes)},
  };
  const Value kCounters[] = {
      {"mesh_dns_reloads_total", "Tables made.", number(report.reloads)},
      {"mesh_dns_kubernetes_received_bytes_total", "Received from an API server.",
       number(report.received)},
      {"mesh_dns_udp_queries_total", "Queries over UDP.", number(counters.udp_queries)},
      {"mesh_dns_tcp_queries_total", "Queries over TCP.", number(counters.tcp_queries)},
      {"mesh_dns_replies_total", "Replies sent.", number(counters.replies)},
      {"mesh_dns_dropped_total", "Packets that no answer was due to.", number(counters.dropped)},
      {"mesh_dns_refused_clients_total", "Queries of clients that aren't allowed.",
       number(counters.refused)},
      {"mesh_dns_tcp_connections_total", "TCP connections taken.",
       number(counters.tcp_connections)},
      {"mesh_dns_tcp_closed_at_limit_total", "TCP connections closed for others.",
       number(counters.tcp_closed_at_limit)},
      {"mesh_dns_cache_hits_total", "Answers from the cache.", number(counters.cache_hits)},
      {"mesh_dns_cache_stale_total", "Answers whose TTL was over.", number(counters.stale)},
      {"mesh_dns_cache_prefetches_total", "Answers renewed before they ran out.",
       number(counters.prefetches)},
      {"mesh_dns_upstream_coalesced_total", "Questions that another client had asked already.",
       number(counters.coalesced)},
      {"mesh_dns_upstream_limited_total", "Questions refused at a limit.",
       number(counters.limited)},
      {"mesh_dns_upstream_failures_total", "Questions that no upstream answered.",
       number(counters.failures)},
      {"mesh_dns_upstream_queries_total", "Queries sent to upstreams.",
       number(counters.upstream_queries)},
      {"mesh_dns_upstream_answers_total", "Answers of upstreams.",
       number(counters.upstream_answers)},
      {"mesh_dns_upstream_silent_total", "Attempts without an answer in time.",
       number(counters.upstream_silent)},
      {"mesh_dns_upstream_unreachable_total", "Attempts that the network refused.",
       number(counters.upstream_unreachable)},
  };
  std::vector<MetricFamily> families;
  for (const Value& gauge : kGauges) add(families, MetricType::Gauge, gauge);
  for (const Value& counter : kCounters) add(families, MetricType::Counter, counter);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace

http::Page admin_page(std::string_view path, const Report& report) {
  if (path == "/healthz") return {200, "text/plain; charset=utf-8", "ok\n"};
  if (path == "/readyz") return ready_page(report);
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics(report)};
  return {404, "text/plain; charset=utf-8", "there are /healthz, /readyz and /metrics\n"};
}

}  // namespace app
