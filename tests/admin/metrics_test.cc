#include "admin/metrics.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace admin {
namespace {

using testing::HasSubstr;

Status example() {
  Status status{.version = "1.2.3", .table = true, .age = 1.5, .generation = 12, .names = 7};
  status.summary.collisions = 2;
  status.summary.problems.push_back({mesh::Severity::Warning, {}, "", "x"});
  status.summary.pools.push_back(
      {mesh::Kind::MeshService, *mesh::Cidr::parse("241.0.0.0/8"), 10, 3, 2, 4});
  status.counters.udp_queries[dns::counted_type(28)] = 12;
  status.counters.tcp_queries[dns::counted_type(9999)] = 1;
  status.counters.replies[1][dns::counted_rcode(3)] = 4;
  status.counters.worker_queries = {13};
  dns::Durations& durations = status.counters.durations[0];
  durations.counts = {2, 1};  // up to 10 µs, and up to 25
  durations.counts.back() = 1;
  durations.sum = std::chrono::seconds(3);
  status.counters.upstreams.push_back({.address = {"2001:db8::1", 53},
                                       .state = dns::UpstreamStatus::State::Failed,
                                       .answers = 2,
                                       .silent = 3});
  return status;
}

TEST(MetricsTest, WhatIsTold) {
  const std::string text = metrics_text(example(), {.cpu_seconds = 0.25, .open_files = 9});
  for (const char* line : {
           "# HELP mesh_dns_hostnames Hostnames in the table.\n# TYPE mesh_dns_hostnames gauge\n"
           "mesh_dns_hostnames 7\n",
           "mesh_dns_build_info{version=\"1.2.3\"} 1\n",
           "mesh_dns_ready 1\n",
           "mesh_dns_table_confirmed 0\n",
           "mesh_dns_table_age_seconds 1.5\n",
           "mesh_dns_table_stored 1\n",
           "mesh_dns_hostnames_missing{reason=\"Collision\"} 2\n",
           "mesh_dns_problems{severity=\"warning\"} 1\n",
           "mesh_dns_vip_pool_used{kind=\"MeshService\",pool=\"241.0.0.0/8\"} 3\n",
           "# TYPE mesh_dns_queries_total counter\n",
           "mesh_dns_queries_total{transport=\"udp\",qtype=\"AAAA\"} 12\n",
           "mesh_dns_queries_total{transport=\"tcp\",qtype=\"other\"} 1\n",
           "mesh_dns_replies_total{source=\"cache\",rcode=\"NXDOMAIN\"} 4\n",
           "mesh_dns_worker_queries_total{worker=\"0\"} 13\n",
           "mesh_dns_upstream_up{upstream=\"[2001:db8::1]:53\"} 0\n",
           "mesh_dns_upstream_failures_total{upstream=\"[2001:db8::1]:53\",reason=\"silent\"} 3\n",
           "process_cpu_seconds_total 0.25\n",
           "process_open_fds 9\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, AHistogramsBucketsAreCumulative) {
  const std::string text = metrics_text(example(), {});
  for (const char* line : {
           "mesh_dns_reply_duration_seconds_count{source=\"mesh\"} 4\n",
           "mesh_dns_reply_duration_seconds_sum{source=\"mesh\"} 3\n",
           "mesh_dns_reply_duration_seconds_bucket{source=\"mesh\",le=\"1e-05\"} 2\n",
           "mesh_dns_reply_duration_seconds_bucket{source=\"mesh\",le=\"2.5e-05\"} 3\n",
           "mesh_dns_reply_duration_seconds_bucket{source=\"mesh\",le=\"2.5\"} 3\n",
           "mesh_dns_reply_duration_seconds_bucket{source=\"mesh\",le=\"+Inf\"} 4\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

// The sources and outputs that there are, each with the figures that it has.
Status with_sources() {
  Status status = example();
  status.sources = {
      {.name = "kubernetes",
       .complete = true,
       .figures = {{"received_bytes", "Bytes received.", 5, true}}},
      {.name = "files",
       .complete = true,
       .problem = "refused",
       .behind_since = std::chrono::steady_clock::now(),
       .figures = {
           {"files", "Files of resources.", 2},
           {"documents", "Documents in the files of resources.", 9},
           {"parsed", "Documents parsed at the last reading; the others had not changed.", 1},
           {"kept", "Resources of broken files, which keep their last good version.", 3}}}};
  status.outputs = {
      {.name = "dns"},
      {.name = "status",
       .problem = "no right to write",
       .figures = {
           {"statuses", "Statuses of custom resources that builds have changed.", 4, true}}}};
  return status;
}

TEST(MetricsTest, OfSourcesAndOutputs) {
  EXPECT_THAT(metrics_text(example(), {}), testing::Not(HasSubstr("source=\"files\"")));
  const std::string text = metrics_text(with_sources(), {});
  for (const char* line : {
           "mesh_dns_source_complete{source=\"kubernetes\"} 1\n",
           "mesh_dns_source_behind_seconds{source=\"kubernetes\"} 0\n",
           "mesh_dns_source_received_bytes_total{source=\"kubernetes\"} 5\n",
           "mesh_dns_source_documents{source=\"files\"} 9\n",
           "mesh_dns_output_current{output=\"dns\"} 1\n",
           "mesh_dns_output_current{output=\"status\"} 0\n",
           "mesh_dns_output_statuses_total{output=\"status\"} 4\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

// A metric as docs/metrics.md begins its row: name, type and unit, labels, HELP.
std::string row_of(const std::string& name, const std::string& type, const std::string& labels,
                   const std::string& help) {
  const bool seconds = name.ends_with("_seconds") || name.ends_with("_seconds_total");
  const bool bytes = name.ends_with("_bytes") || name.ends_with("_bytes_total");
  const std::string unit = seconds ? ", seconds" : bytes ? ", bytes" : "";
  return "| `" + name + "` | " + type + unit + " | " + labels + (labels.empty() ? "| " : " | ") +
         help;
}

// Names of the labels of a sample, but for the bound of a histogram's bucket.
std::string labels_of(const std::string& sample) {
  static const std::regex label("([a-z_]+)=\"");
  std::string labels;
  for (std::sregex_iterator at(sample.begin(), sample.end(), label), end; at != end; ++at) {
    if (at->str(1) == "le") continue;
    labels += (labels.empty() ? "" : ", ") + at->str(1);
  }
  return labels;
}

std::vector<std::string> rows_of(const std::string& metrics) {
  std::vector<std::string> rows;
  std::istringstream lines(metrics);
  std::string help, type, sample;
  while (std::getline(lines, help)) {
    if (!help.starts_with("# HELP ")) continue;
    std::getline(lines, type);
    std::getline(lines, sample);
    const std::size_t end = help.find(' ', 7);
    const std::string name = help.substr(7, end - 7);
    const std::string type_of = "# TYPE " + name + ' ';
    EXPECT_TRUE(type.starts_with(type_of)) << type;
    EXPECT_TRUE(sample.starts_with(name)) << sample;
    rows.push_back(
        row_of(name, type.substr(type_of.size()), labels_of(sample), help.substr(end + 1)));
  }
  return rows;
}

TEST(MetricsTest, TheManualHasThemAll) {
  const std::vector<std::string> rows = rows_of(metrics_text(with_sources(), {}));
  std::vector<std::string> written;
  std::ifstream page(MESH_DNS_SOURCE_DIR "/docs/metrics.md");
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `mesh_dns_") || line.starts_with("| `process_")) {
      written.push_back(line);
    }
  }
  ASSERT_EQ(written.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_THAT(written[i], testing::StartsWith(rows[i]));
  }
}

TEST(MetricsTest, WhatTheKernelSaysOfThisProcess) {
  const ProcessUse use = process_use();
  EXPECT_GT(use.cpu_seconds, 0);
  EXPECT_GT(use.resident_bytes, 1e6);
  EXPECT_GT(use.open_files, 2);
  EXPECT_GE(use.most_files, use.open_files);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_GT(use.start_time, now.count() - 3600);
  EXPECT_LE(use.start_time, now.count() + 1);
  EXPECT_EQ(process_use().start_time, use.start_time);
}

}  // namespace
}  // namespace admin
