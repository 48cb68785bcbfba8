#include "admin/metrics.h"

#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>

namespace admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

ClientMetric with(Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  return metric;
}

// The families in the making, in the order of the documentation.
class Page {
 public:
  void counter(const char* name, const char* help, auto value) {
    family(name, help, MetricType::Counter);
    add(Labels{}, value);
  }
  void gauge(const char* name, const char* help, auto value) {
    family(name, help, MetricType::Gauge);
    add(Labels{}, value);
  }
  // What add() adds to, until the next one.
  void family(std::string_view name, std::string_view help, MetricType type) {
    families_.push_back({std::string(name), std::string(help), type, {}});
  }
  void add(Labels labels, auto value) {
    ClientMetric metric = with(std::move(labels));
    const bool counter = families_.back().type == MetricType::Counter;
    (counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
    families_.back().metric.push_back(std::move(metric));
  }
  void add(Labels labels, const dns::Durations& durations);

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void Page::add(Labels labels, const dns::Durations& durations) {
  ClientMetric metric = with(std::move(labels));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < durations.counts.size(); ++i) {
    below += durations.counts[i];
    const bool last = i == dns::Durations::kBounds.size();
    const double bound = last ? std::numeric_limits<double>::infinity()
                              : std::chrono::duration<double>(dns::Durations::kBounds[i]).count();
    metric.histogram.bucket.push_back({below, bound});
  }
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum = std::chrono::duration<double>(durations.sum).count();
  families_.back().metric.push_back(std::move(metric));
}

void add_table(Page& page, const Status& status) {
  page.family("mesh_dns_build_info", "Always 1; the version is a label.", MetricType::Gauge);
  page.add({{"version", status.version}}, 1);
  page.gauge("mesh_dns_ready", "Whether names are answered from a table.", status.table);
  page.gauge("mesh_dns_table_confirmed", "Whether the sources confirmed the table since the start.",
             status.confirmed);
  page.gauge("mesh_dns_table_age_seconds",
             "Since the sources last confirmed the table, or the start; 0 while they do.",
             status.age);
  page.gauge("mesh_dns_table_stored", "Whether the state file has the table, for the next start.",
             status.stored);
  page.gauge("mesh_dns_table_generation", "Serial of the SOA: it grows with each table.",
             status.generation);
  page.counter("mesh_dns_reloads_total", "Tables made.", status.reloads);
}

void add_names(Page& page, const Status& status) {
  const pipeline::Summary& summary = status.summary;
  page.gauge("mesh_dns_services", "Services, given and generated.", summary.services);
  page.gauge("mesh_dns_hostnames", "Hostnames in the table.", status.names);
  page.family("mesh_dns_hostnames_missing",
              "Hostnames that a generator would have made, and why it didn't.", MetricType::Gauge);
  page.add({{"reason", "Collision"}}, summary.collisions);
  page.add({{"reason", "TemplateError"}}, summary.template_errors);
  page.add({{"reason", "ClusterDomain"}}, summary.cluster_domain);
  page.counter("mesh_dns_hostnames_moved_total",
               "Hostnames that passed from one service to another.", status.names_moved);
  page.family("mesh_dns_problems", "Diagnostics of the resources.", MetricType::Gauge);
  for (const auto severity :
       {mesh::Severity::Error, mesh::Severity::Warning, mesh::Severity::Notice}) {
    page.add({{"severity", std::string(mesh::to_string(severity))}}, summary.count(severity));
  }
}

void add_vips(Page& page, const pipeline::Summary& summary) {
  const auto each = [&](const char* name, const char* help, auto value) {
    page.family(name, help, MetricType::Gauge);
    for (const vip::PoolUse& pool : summary.pools) {
      page.add({{"kind", std::string(to_string(pool.kind))}, {"pool", pool.pool.to_string()}},
               value(pool));
    }
  };
  each("mesh_dns_vip_pool_size", "Addresses of the pool that can be given out.",
       [](const vip::PoolUse& pool) { return pool.usable; });
  each("mesh_dns_vip_pool_used", "Addresses that services have.",
       [](const vip::PoolUse& pool) { return pool.used; });
  each("mesh_dns_vip_pool_quarantined", "Addresses of services that went away a short time ago.",
       [](const vip::PoolUse& pool) { return pool.quarantined; });
  page.gauge("mesh_dns_services_without_vip",
             "Services without a VIP in at least one address family.", summary.without_vip);
}

void add_queries(Page& page, const dns::Counters& counters) {
  page.family("mesh_dns_queries_total", "Queries received, by query type.", MetricType::Counter);
  for (std::size_t i = 0; i < dns::kCountedTypes.size(); ++i) {
    const std::string type(dns::kCountedTypes[i]);
    page.add({{"transport", "udp"}, {"qtype", type}}, counters.udp_queries[i]);
    page.add({{"transport", "tcp"}, {"qtype", type}}, counters.tcp_queries[i]);
  }
  page.family("mesh_dns_replies_total", "Replies sent, by where they come from and rcode.",
              MetricType::Counter);
  for (const dns::Source source : dns::kSources) {
    const auto& by_rcode = counters.replies[static_cast<std::size_t>(source)];
    for (std::size_t i = 0; i < by_rcode.size(); ++i) {
      page.add({{"source", std::string(to_string(source))},
                {"rcode", std::string(dns::kCountedRcodes[i])}},
               by_rcode[i]);
    }
  }
  page.family("mesh_dns_reply_duration_seconds", "From the receipt of a query to its reply.",
              MetricType::Histogram);
  for (const dns::Source source : dns::kSources) {
    page.add({{"source", std::string(to_string(source))}},
             counters.durations[static_cast<std::size_t>(source)]);
  }
  page.family("mesh_dns_worker_queries_total", "Queries received, by worker.", MetricType::Counter);
  for (std::size_t i = 0; i < counters.worker_queries.size(); ++i) {
    page.add({{"worker", std::to_string(i)}}, counters.worker_queries[i]);
  }
  page.counter("mesh_dns_queries_dropped_total", "Packets that no reply is due to.",
               counters.dropped);
  page.counter("mesh_dns_queries_refused_total", "Queries of clients that access.allow leaves out.",
               counters.refused);
  page.counter("mesh_dns_queries_coalesced_total",
               "Queries whose question another client had asked already.", counters.coalesced);
  page.counter("mesh_dns_queries_limited_total",
               "Queries refused while too many waited for upstreams.", counters.limited);
  page.counter("mesh_dns_tcp_connections_total", "TCP connections taken.",
               counters.tcp_connections);
  page.counter("mesh_dns_tcp_connections_limited_total",
               "TCP connections closed while there were too many.", counters.tcp_closed_at_limit);
}

void add_cache(Page& page, const Status& status) {
  const dns::Counters& counters = status.counters;
  page.gauge("mesh_dns_cache_entries", "Answers of upstreams that are kept.",
             counters.cache_entries);
  page.gauge("mesh_dns_cache_bytes", "Memory of the cache.", counters.cache_bytes);
  page.gauge("mesh_dns_cache_max_bytes", "Memory of the cache at most.", status.cache_size);
  page.counter("mesh_dns_cache_prefetches_total", "Answers renewed before they ran out.",
               counters.prefetches);
}

void add_each_upstream(Page& page, const std::vector<dns::UpstreamStatus>& upstreams) {
  using State = dns::UpstreamStatus::State;
  const auto label = [](const dns::UpstreamStatus& upstream) {
    return ClientMetric::Label{"upstream", dns::to_string(upstream.address)};
  };
  page.family("mesh_dns_upstream_up",
              "Whether the upstream is asked first: 0 if it failed, or leads back to us.",
              MetricType::Gauge);
  for (const auto& upstream : upstreams) page.add({label(upstream)}, upstream.state == State::Well);
  page.family("mesh_dns_upstream_answers_total", "Replies of the upstream.", MetricType::Counter);
  for (const auto& upstream : upstreams) page.add({label(upstream)}, upstream.answers);
  page.family("mesh_dns_upstream_failures_total", "Attempts that got no reply.",
              MetricType::Counter);
  for (const auto& upstream : upstreams) {
    page.add({label(upstream), {"reason", "silent"}}, upstream.silent);
    page.add({label(upstream), {"reason", "unreachable"}}, upstream.unreachable);
  }
  page.family("mesh_dns_upstream_duration_seconds", "From an attempt to the upstream's reply.",
              MetricType::Histogram);
  for (const auto& upstream : upstreams) page.add({label(upstream)}, upstream.durations);
}

void add_upstreams(Page& page, const dns::Counters& counters) {
  add_each_upstream(page, counters.upstreams);
  page.counter("mesh_dns_upstream_questions_total",
               "Questions asked of upstreams, each once, however many of them are asked.",
               counters.questions);
  page.counter("mesh_dns_upstream_questions_unanswered_total",
               "Questions that no upstream answered.", counters.failures);
  page.counter("mesh_dns_upstream_queries_total", "Queries sent to upstreams.",
               counters.upstream_queries);
  page.counter("mesh_dns_upstream_tcp_queries_total",
               "Queries sent over TCP, since the reply was truncated.",
               counters.upstream_tcp_queries);
  page.family("mesh_dns_upstream_replies_discarded_total",
              "Datagrams from upstreams that are no answer, as forged ones aren't.",
              MetricType::Counter);
  page.add({{"reason", "malformed"}}, counters.upstream_malformed);
  page.add({{"reason", "id"}}, counters.upstream_wrong_id);
  page.add({{"reason", "question"}}, counters.upstream_wrong_question);
  page.add({{"reason", "case"}}, counters.upstream_wrong_case);
}

// The figures of all sources, or of all outputs: one family for each name, the name of the source
// as a label.
void add_figures(Page& page, const char* what, const auto& states) {
  std::vector<std::string_view> done;
  for (const auto& state : states) {
    for (const pipeline::Figure& figure : state.figures) {
      if (std::ranges::find(done, figure.name) != done.end()) continue;
      done.push_back(figure.name);
      const std::string name = std::string("mesh_dns_") + what + '_' + std::string(figure.name) +
                               (figure.counter ? "_total" : "");
      page.family(name, figure.help, figure.counter ? MetricType::Counter : MetricType::Gauge);
      for (const auto& each : states) {
        for (const pipeline::Figure& same : each.figures) {
          if (same.name == figure.name) page.add({{what, each.name}}, same.value);
        }
      }
    }
  }
}

void add_sources(Page& page, const std::vector<pipeline::SourceState>& sources) {
  const auto each = [&](const char* name, const char* help, auto value) {
    page.family(name, help, MetricType::Gauge);
    for (const auto& source : sources) page.add({{"source", source.name}}, value(source));
  };
  each("mesh_dns_source_complete", "Whether all of the source was received at least once.",
       [](const pipeline::SourceState& source) { return source.complete; });
  each("mesh_dns_source_behind_seconds",
       "Seconds since the source could last be followed; 0 when it can.",
       [](const pipeline::SourceState& source) {
         if (!source.behind_since) return 0.0;
         const auto now = std::chrono::steady_clock::now();
         return std::chrono::duration<double>(now - *source.behind_since).count();
       });
  add_figures(page, "source", sources);
}

void add_outputs(Page& page, const std::vector<pipeline::OutputState>& outputs) {
  page.family("mesh_dns_output_current", "Whether the output has what the last build says.",
              MetricType::Gauge);
  for (const auto& output : outputs) page.add({{"output", output.name}}, output.problem.empty());
  add_figures(page, "output", outputs);
}

// What those who are told of queries missed.
void add_untold(Page& page, const Status& status) {
  page.counter("mesh_dns_queries_unlogged_total",
               "Queries left out of the log, which couldn't keep up.", status.queries_unlogged);
  page.counter("mesh_dns_dnstap_frames_dropped_total", "Queries and replies not sent to dnstap.",
               status.dnstap_dropped);
}

void add_process(Page& page, const ProcessUse& process) {
  page.counter("process_cpu_seconds_total", "Processor time used, in seconds.",
               process.cpu_seconds);
  page.gauge("process_resident_memory_bytes", "Resident memory, in bytes.", process.resident_bytes);
  page.gauge("process_open_fds", "Open file descriptors.", process.open_files);
  page.gauge("process_max_fds", "Open file descriptors at most.", process.most_files);
  page.gauge("process_start_time_seconds", "When the process started, since 1970.",
             process.start_time);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// When the process started, in seconds after the boot (proc(5), /proc/pid/stat, field 22).
double started_after_boot() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name of the program, in parentheses, may hold anything.
  const std::size_t end = text.rfind(')');
  if (end == text.npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return std::strtod(field.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double since_boot() {
  std::ifstream file("/proc/uptime");
  double uptime = 0;
  file >> uptime;
  return uptime;
}

double started() {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return now.count() - (since_boot() - started_after_boot());
}

}  // namespace

ProcessUse process_use() {
  ProcessUse use;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  use.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  std::ifstream memory("/proc/self/statm");
  double size = 0;
  memory >> size >> use.resident_bytes;
  use.resident_bytes *= static_cast<double>(sysconf(_SC_PAGESIZE));
  std::error_code error;
  using std::filesystem::directory_iterator;
  for (directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
    ++use.open_files;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  use.most_files = static_cast<double>(limit.rlim_cur);
  // Once: the two clocks differ by a little at each reading, which would look like a restart.
  static const double start_time = started();
  use.start_time = start_time;
  return use;
}

std::string metrics_text(const Status& status, const ProcessUse& process) {
  Page page;
  add_table(page, status);
  add_names(page, status);
  add_vips(page, status.summary);
  add_queries(page, status.counters);
  add_cache(page, status);
  add_upstreams(page, status.counters);
  add_sources(page, status.sources);
  add_outputs(page, status.outputs);
  add_untold(page, status);
  add_process(page, process);
  return page.text();
}

}  // namespace admin
