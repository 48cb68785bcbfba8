// Whom names that aren't ours are asked of: settings and resolv.conf in, routes out. Pure, but for
// read_resolv_conf().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "dns/resolver/routes.h"
#include "dns/server/endpoint.h"
#include "mesh/diagnostic.h"
#include "mesh/ip.h"

namespace host {

struct Upstreams {
  dns::Routes routes;  // the one for all else is that of "."
  mesh::Diagnostics diagnostics;
};

// What is asked of itself would never end: servers that are `listening` (with `own`, the host's
// addresses, where that is a wildcard) are left out, with a warning.
Upstreams make_upstreams(const config::Settings& settings, std::string_view resolv_conf,
                         const std::vector<dns::Endpoint>& listening,
                         const std::vector<mesh::Ip>& own);

// Addresses of the settings, as dns has them: those to listen on, and those to ask.
std::vector<dns::Endpoint> endpoints(const std::vector<config::Endpoint>& settings);
std::vector<dns::UpstreamAddress> upstream_addresses(const std::vector<config::Endpoint>& settings);

// The file's text; empty, like a file without nameservers, if it can't be read.
std::string read_resolv_conf(const config::Settings& settings);

// Where the servers of a route come from: "upstream.zones", "upstream.servers" or the resolv.conf.
std::string source_of(const dns::Route& route, const config::Settings& settings);

}  // namespace host
