// What the admin server says: pages made of a report. A pure function.
//
//   /healthz   200 as long as the process runs its main loop
//   /readyz    200 once names are answered from a table, 503 with the reason before that
//   /metrics   Prometheus' text format, version 0.0.4
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dns/server.h"
#include "http/server.h"

namespace app {

struct Report {
  bool table = false;      // names are answered from one
  bool confirmed = false;  // by the sources; else it is the state file's
  double age = 0;          // s since the sources last confirmed it, or since the start
  std::string waiting;     // what keeps it from being confirmed; "" if nothing does
  std::size_t names = 0;
  std::size_t services = 0;
  std::uint64_t reloads = 0;
  std::uint64_t received = 0;  // octets, from an API server
  dns::Counters counters;
};

http::Page admin_page(std::string_view path, const Report& report);

}  // namespace app
