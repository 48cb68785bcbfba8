// Makes the MeshServices that Dataplanes imply, as Kuma's generator does in a universal zone.
//
// A Dataplane with the label kuma.io/workload (Kuma 3.x) makes one service of that name, of all its
// inbounds. Without the label, each inbound with the tag kuma.io/service (2.x) makes one of the
// tag's name.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/change.h"
#include "mesh/resources.h"
#include "mesh/service_table.h"

namespace mesh {

struct Generated {
  std::vector<std::shared_ptr<const Service>> services;  // sorted by id
  Diagnostics diagnostics;
};

// A service that is given wins: none of its name and mesh is made. Where Dataplanes disagree about
// the ports, the oldest's (creation time, then name) are taken, with a warning that names both.
// Dataplanes of another zone make nothing: their own zone names their services. A pure function.
Generated services_from_dataplanes(const Resources& resources, const Locality& locality);

struct GeneratedChange {
  std::vector<Changed<Service>> services;  // sorted by id
  DiagnosticChanges diagnostics;
};

// The same, kept up while the given services and the Dataplanes change: only the services that a
// changed Dataplane makes are made again, and what is equal keeps its pointer.
//
// Owned by one thread. REQUIRES: the resources of the state live until the change that removes them
// has been applied.
class DataplaneServices {
 public:
  explicit DataplaneServices(Locality locality) : locality_(std::move(locality)) {}

  // Costs what the services that a changed Dataplane makes cost: each a search among its
  // Dataplanes, and all of them are looked at only where another one decides about the ports.
  GeneratedChange apply(const Changes& changes);

 private:
  // What makes one service, or would if none of its name were given.
  struct Group {
    std::vector<const Dataplane*> dataplanes;  // the oldest first
    std::shared_ptr<const Service> service;    // null: none is made
  };
  // By mesh, NUL, name.
  using Groups = std::unordered_map<std::string, Group>;
  class Update;

  bool is_given(std::string_view mesh, std::string_view name) const;

  const Locality locality_;
  ServiceTable given_;  // MeshServices by mesh and core name
  Groups groups_;
};

}  // namespace mesh
