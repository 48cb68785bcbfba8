// What Prometheus is told: a status in its text format, version 0.0.4. docs/metrics.md says what
// each metric means. A pure function, but for what the kernel says of this process.
#pragma once

#include <string>

#include "admin/status.h"

namespace admin {

// Of this process, from /proc: what prometheus' own clients call process_*.
struct ProcessUse {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double open_files = 0;
  double most_files = 0;
  double start_time = 0;  // s since 1970
};
ProcessUse process_use();

std::string metrics_text(const Status& status, const ProcessUse& process);

}  // namespace admin
