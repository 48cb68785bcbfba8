// What an instance knows of itself at one moment: what the admin server's pages, /status and
// /metrics are made of.
//
// Plain values, and pure functions of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/pipeline.h"
#include "dns/resolver/routes.h"
#include "dns/server/counters.h"
#include "mesh/diagnostic.h"
#include "vip/allocate.h"

namespace app {

// A source of resources: files, or an API server.
struct FilesStatus {
  std::vector<std::string> paths;
  std::size_t files = 0;
  std::size_t documents = 0;
  std::size_t kept = 0;  // resources of broken files that keep their last good version
};
struct ClusterStatus {
  std::string server;
  bool synced = false;         // everything was received at least once
  std::string problem;         // what keeps it from being followed; "" if nothing does
  std::uint64_t received = 0;  // octets
};

// Whom names of a DNS zone are asked of.
struct RouteStatus {
  std::string zone;
  std::vector<std::string> servers;
  std::string from;  // the setting or file that names them
};

// What a build says of itself as a whole.
struct Summary {
  mesh::Diagnostics problems;       // of its resources too, sorted
  std::size_t services = 0;         // given and generated
  std::size_t collisions = 0;       // (service, generator) pairs with the reason Collision
  std::size_t template_errors = 0;  // likewise TemplateError
  std::size_t cluster_domain = 0;   // likewise ClusterDomain
  std::size_t without_vip = 0;      // services that an address is missing of
  std::vector<vip::PoolUse> pools;
};
Summary summarize(const Build& build, mesh::Diagnostics problems);

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

  FilesStatus files;
  std::optional<ClusterStatus> cluster;
  Summary summary;

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

}  // namespace app
