// Which Dataplanes serve a MeshService, and how many of them are healthy.
//
// Pure functions of values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mesh/resources.h"

namespace mesh {

// As status.dataplaneProxies of Kuma counts them.
struct Proxies {
  std::uint32_t total = 0;    // selected, with at least one inbound
  std::uint32_t healthy = 0;  // of those: a Ready inbound behind every port of the service

  friend bool operator==(const Proxies&, const Proxies&) = default;
};

// Whether `proxies` say something of the service: it is a MeshService, and not one of a cluster
// whose Dataplanes are not known.
bool counts_proxies(const Service& service, const Proxies& proxies);

// True when the MeshService's selector chooses the Dataplane: same mesh, and by dataplaneRef its
// name, by dataplaneLabels its labels, by dataplaneTags the tags of one inbound that isn't Ignored.
bool selects(const Service& service, const Dataplane& dataplane);

// True when traffic for the port goes to the inbound: targetPort is its number or its name.
bool is_target(const Port& port, const Inbound& inbound);

// True when the inbound is an endpoint of the port: its target, and not Ignored.
bool serves(const Inbound& inbound, const Port& port);

// True when every port of the service has a Ready endpoint of the Dataplane.
bool is_healthy(const Service& service, const Dataplane& dataplane);

// Warns of each targetPort name that is the name of no inbound of these.
void check_targets(const Service& service, std::span<const Dataplane* const> selected,
                   Diagnostics& diagnostics);

// One entry a service, as Resources::services is ordered; zero for the other kinds. Warns of a
// targetPort name that none of the selected Dataplanes has.
std::vector<Proxies> count_proxies(const Resources& resources, Diagnostics& diagnostics);

}  // namespace mesh
