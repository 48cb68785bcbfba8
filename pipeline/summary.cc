#include "pipeline/summary.h"

#include <algorithm>

namespace pipeline {

std::size_t Summary::count(mesh::Severity severity) const {
  return static_cast<std::size_t>(
      std::ranges::count(problems, severity, &mesh::Diagnostic::severity));
}

Summary summarize(const Build& build, mesh::Diagnostics problems) {
  Summary summary;
  summary.problems = std::move(problems);
  mesh::sort(summary.problems);
  summary.services = build.resources.services.size();
  for (const auto& outcomes : build.hostnames.outcomes) {
    for (const hostname::Outcome& outcome : outcomes) {
      using hostname::Reason;
      summary.collisions += outcome.reason == Reason::Collision;
      summary.template_errors += outcome.reason == Reason::TemplateError;
      summary.cluster_domain += outcome.reason == Reason::ClusterDomain;
    }
  }
  summary.without_vip = static_cast<std::size_t>(std::ranges::count_if(
      build.allocation.missing, [](const std::string& why) { return !why.empty(); }));
  summary.pools = build.allocation.pools;
  return summary;
}

}  // namespace pipeline
