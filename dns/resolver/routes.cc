#include "dns/resolver/routes.h"

namespace dns {

const Route* find_route(const Routes& routes, const Name& qname) {
  const Route* best = nullptr;
  for (const Route& route : routes) {
    if (!qname.is_within(route.zone)) continue;
    if (best == nullptr || route.zone.wire().size() > best->zone.wire().size()) best = &route;
  }
  return best;
}

}  // namespace dns
