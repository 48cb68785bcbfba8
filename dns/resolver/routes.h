// Which upstreams are asked about a name. Pure.
#pragma once

#include <vector>

#include "dns/name.h"
#include "dns/resolver/upstream_address.h"

namespace dns {

// The upstreams for the names in a DNS zone, in the order of preference. None: these names fail.
struct Route {
  Name zone;
  std::vector<UpstreamAddress> servers;
  friend bool operator==(const Route&, const Route&) = default;
};
using Routes = std::vector<Route>;

// The route with the longest zone that `qname` is in; null if there is none, not even for ".".
const Route* find_route(const Routes& routes, const Name& qname);

}  // namespace dns
