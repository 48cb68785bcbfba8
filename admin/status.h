// What an instance knows of itself at one moment: what the admin server's pages, /status and
// /metrics are made of.
//
// Plain values, and pure functions of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dns/resolver/routes.h"
#include "dns/server/counters.h"
#include "mesh/diagnostic.h"
#include "pipeline/build.h"
#include "pipeline/output.h"
#include "pipeline/source.h"
#include "pipeline/summary.h"

namespace admin {

// Whom names of a DNS zone are asked of.
struct RouteStatus {
  std::string zone;
  std::vector<std::string> servers;
  std::string from;  // the setting or file that names them
};

struct Status {
  std::string version;
  std::string host;   // its name
  double uptime = 0;  // s
  std::string mode;
  std::string zone;  // the Kuma zone
  std::string mesh;
  std::vector<std::string> listen;

  // The table that is served.
  bool table = false;            // there is one: names are answered
  bool confirmed = false;        // by the sources; else it is the state file's
  double age = 0;                // s since the sources last confirmed it, or since the start
  std::string waiting;           // what keeps it from being confirmed; "" if nothing does
  bool stored = true;            // the state file has it, for the next start
  std::uint32_t generation = 0;  // the SOA's serial
  std::size_t names = 0;
  std::uint64_t reloads = 0;
  std::uint64_t names_moved = 0;  // names that passed from one service to another

  std::vector<pipeline::SourceState> sources;  // in order of precedence
  std::vector<pipeline::OutputState> outputs;
  pipeline::Summary summary;

  std::vector<RouteStatus> routes;
  dns::Counters counters;
  std::uint64_t cache_size = 0;        // bytes, at most
  std::uint64_t queries_unlogged = 0;  // of the query log, which couldn't keep up
  std::uint64_t dnstap_dropped = 0;    // frames, likewise
};

// Fills in what the settings say.
void describe(const config::Settings& settings, Status& status);
RouteStatus route_status(const dns::Route& route, std::string from);

// What /status answers: one object of JSON.
std::string status_json(const Status& status);

}  // namespace admin
