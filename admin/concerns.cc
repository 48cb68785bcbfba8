#include "admin/concerns.h"

#include <algorithm>

#include "admin/html.h"
#include "admin/status_text.h"

namespace admin {
namespace {

using mesh::Severity;
using State = dns::UpstreamStatus::State;
using pipeline::Concern;
using pipeline::Summary;

constexpr unsigned kNearlyFull = 90;  // %

// "1 service has", "2 services have"
std::string counted(std::uint64_t count, const char* one, const char* many) {
  return grouped(count) + ' ' + (count == 1 ? one : many);
}

void add_pools(const Status& status, std::vector<Concern>& all) {
  for (const vip::PoolUse& pool : status.summary.pools) {
    if (!nearly_full(pool)) continue;
    const bool full = pool.used + pool.quarantined >= pool.usable;
    all.push_back({full ? Severity::Error : Severity::Warning,
                   "The pool " + pool.pool.to_string() + " of " +
                       std::string(mesh::to_string(pool.kind)) + " is " +
                       (full ? "full" : "nearly full") + ": " + grouped(pool.used) + " of " +
                       grouped(pool.usable) + " addresses are used, " + grouped(pool.quarantined) +
                       " more are in quarantine. Add a range to its setting below vip."});
  }
}

void add_upstreams(const Status& status, std::vector<Concern>& all) {
  for (const dns::UpstreamStatus& upstream : status.counters.upstreams) {
    const std::string server = "The upstream " + dns::to_string(upstream.address);
    if (upstream.state == State::Failed) {
      all.push_back({Severity::Warning,
                     server + " doesn't answer: others, if there are any, are asked first."});
    } else if (upstream.state == State::Loops) {
      all.push_back({Severity::Error, server +
                                          " leads back to this server, and isn't asked. Have it "
                                          "forward elsewhere, or set upstream.servers."});
    }
  }
}

void add_services(const Summary& summary, std::vector<Concern>& all) {
  if (summary.without_vip != 0) {
    all.push_back({Severity::Error,
                   counted(summary.without_vip, "service has", "services have") + " no VIP."});
  }
  const auto lost = [&](std::size_t count, const char* why) {
    if (count == 0) return;
    all.push_back(
        {Severity::Warning, counted(count, "name is", "names are") + " not given: " + why});
  };
  lost(summary.collisions, "another service has it (Collision).");
  lost(summary.template_errors, "the template fails (TemplateError).");
  lost(summary.cluster_domain, "it is within the cluster's own domain (ClusterDomain).");
}

}  // namespace

Readiness readiness(const Status& status) {
  const std::string age = duration_text(status.age);
  const std::string why = status.waiting.empty() ? "." : ": " + status.waiting;
  if (!status.table) {
    return {Severity::Error, "Not ready", "There is no table yet, for " + age + why};
  }
  if (!status.confirmed) {
    return {Severity::Warning, "Ready, from the state file",
            "Names are answered from the table that the state file kept; the sources have not "
            "confirmed it, for " +
                age + why};
  }
  if (!status.waiting.empty()) {
    return {Severity::Warning, "Ready, and out of date",
            "Names are answered from a table that is " + age + " old" + why};
  }
  return {Severity::Notice, "Ready", "Names are answered from a table that the sources confirm."};
}

std::vector<Concern> concerns(const Status& status) {
  std::vector<Concern> all;
  for (const pipeline::SourceState& source : status.sources) {
    if (source.problem.empty() || source.problem == status.waiting) continue;
    all.push_back(
        {Severity::Warning, "The source " + source.name + " can't be followed: " + source.problem});
  }
  for (const pipeline::OutputState& output : status.outputs) {
    if (output.problem.empty()) continue;
    all.push_back(
        {Severity::Warning, "The output " + output.name + " is not up to date: " + output.problem});
  }
  if (!status.stored) {
    all.push_back({Severity::Warning,
                   "The state file doesn't have the table for the next start, as the log says why. "
                   "Make room where it is; storing is tried again every few seconds."});
  }
  add_services(status.summary, all);
  add_pools(status, all);
  add_upstreams(status, all);
  for (const pipeline::SourceState& source : status.sources) {
    all.insert(all.end(), source.concerns.begin(), source.concerns.end());
  }
  for (const pipeline::OutputState& output : status.outputs) {
    all.insert(all.end(), output.concerns.begin(), output.concerns.end());
  }
  std::ranges::stable_sort(all, {}, &Concern::severity);
  return all;
}

std::string concerns_text(const Status& status) {
  const std::vector<Concern> all = concerns(status);
  const auto count = [&](Severity severity) {
    return static_cast<std::uint64_t>(std::ranges::count(all, severity, &Concern::severity)) +
           status.summary.count(severity);
  };
  const std::uint64_t errors = count(Severity::Error);
  const std::uint64_t warnings = count(Severity::Warning);
  std::string text;
  if (errors != 0) text = counted(errors, "error", "errors");
  if (errors != 0 && warnings != 0) text += ", ";
  if (warnings != 0) text += counted(warnings, "warning", "warnings");
  return text;
}

bool nearly_full(const vip::PoolUse& pool) {
  return percent_used(pool) >= kNearlyFull;
}

unsigned percent_used(const vip::PoolUse& pool) {
  if (pool.usable == 0) return 100;
  const double share =
      static_cast<double>(pool.used + pool.quarantined) / static_cast<double>(pool.usable);
  return static_cast<unsigned>(std::min(share, 1.0) * 100);
}

}  // namespace admin
