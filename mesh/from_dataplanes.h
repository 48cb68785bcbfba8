// Makes the MeshServices that Dataplanes imply, as Kuma's generator does in a universal zone.
//
// A Dataplane with the label kuma.io/workload (Kuma 3.x) makes one service of that name, of all its
// inbounds. Without the label, each inbound with the tag kuma.io/service (2.x) makes one of the
// tag's name. A pure function of values.
#pragma once

#include <memory>
#include <vector>

#include "mesh/resources.h"

namespace mesh {

struct Generated {
  std::vector<std::shared_ptr<const Service>> services;  // sorted by id
  Diagnostics diagnostics;
};

// A service that is given wins: none of its name and mesh is made. Where Dataplanes disagree about
// the ports, the oldest's (creation time, then name) are taken, with a warning that names both.
// Dataplanes of another zone make nothing: their own zone names their services.
Generated services_from_dataplanes(const Resources& resources, const Locality& locality);

}  // namespace mesh
