// Which Dataplanes serve which services, kept up while both change: endpoints, counts of proxies,
// members of MeshMultiZoneServices, and what is wrong with them.
//
// Gives what mesh/endpoints.h and mesh/match.h give for the same resources, for the price of the
// change: a Dataplane that changes is held against the services that name one of its properties,
// and a service against the Dataplanes that have a property that it names. What a service has is
// computed when it is asked for; nothing is held of it but 20 bytes, and the members of
// MeshMultiZoneServices.
//
// Owned by one thread. REQUIRES: the services of the state live until the change that removes them
// has been applied.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/change.h"
#include "mesh/dataplane_index.h"
#include "mesh/endpoints.h"
#include "mesh/match.h"
#include "mesh/service_table.h"

namespace mesh {

struct MatchingChange {
  // Those of the state behind the change that have other endpoints, proxies or members than before;
  // each once. A service that was not there before had none. Of a MeshMultiZoneService an endpoint
  // that passes from one member to another counts as another.
  std::vector<const Service*> services;
  DiagnosticChanges diagnostics;
};

class Matching {
 public:
  // `zone`: the mesh zone that we are in, whose members come first.
  explicit Matching(std::string zone) : zone_(std::move(zone)) {}

  // Services given and generated. Costs, for each that changed its selector, ports or mesh: a look
  // at the Dataplanes with its property; for each Dataplane: one at the services that name one of
  // its. A MeshMultiZoneService with a new selector costs a look at all MeshServices, once a
  // change.
  MatchingChange apply(const Changes& changes);

  // Calls visit(dataplane) for each Dataplane of the state, in no order.
  template <typename Visit>
  void visit_dataplanes(Visit visit) const {
    dataplanes_.visit(visit);
  }

  // For the price of the Dataplanes that it selects. The service need not be one of the state.
  Endpoints endpoints(const Service& service) const;
  Proxies proxies(const Service& service) const;
  // Sorted by core name. REQUIRES: a service of the state.
  std::span<const Service* const> members(const Service& service) const;

 private:
  class Update;

  const std::string zone_;
  DataplaneIndex dataplanes_;
  ServiceTable mesh_services_;  // by key_of()
  ServiceTable multi_zone_;     // by the telling pair of the selector
  std::unordered_map<const Service*, std::vector<const Service*>> members_;
  std::unordered_map<const Service*, Diagnostics> warnings_;  // of those that have any
};

}  // namespace mesh
