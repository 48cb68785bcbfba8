// Where a connection to a service goes: the endpoints of each of its ports, and the MeshServices
// that a MeshMultiZoneService unites.
//
// Pure functions of values. They look at every resource: what `serve` asks after each change is
// mesh/matching.h, which gives the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/address.h"
#include "mesh/resources.h"

namespace mesh {

struct Endpoint {
  Address address;
  std::uint16_t port = 0;
  bool healthy = true;                         // of an inbound: Ready, not NotReady
  std::uint8_t priority = 0;                   // only the lowest that has a healthy one is used
  std::uint16_t weight = 1;                    // its share among those of one priority
  std::shared_ptr<const Dataplane> dataplane;  // null: of a MeshExternalService
};

// One list a port, as Service::ports is ordered.
using Endpoints = std::vector<std::vector<Endpoint>>;

// Of a MeshService: each inbound that is a port's target, Ignored ones left out, of every Dataplane
// that it selects; by the Dataplanes' names, then as the inbounds stand. Of a MeshExternalService:
// those that it gives. Of a MeshMultiZoneService: those of its members, one member behind another,
// where the member has a port with the name or the number of this one's name; priority 0 in the
// mesh zone `zone`, 1 elsewhere. An endpoint that two members share is there for each.
Endpoints endpoints(const Service& service, const Resources& resources, std::string_view zone);

// The MeshServices of its mesh that have all labels of a MeshMultiZoneService's selector, sorted by
// core name; empty for other kinds.
std::vector<const Service*> members(const Service& service, const Resources& resources);

// A member as status.meshServices of Kuma names it.
struct MatchedService {
  std::string_view name;  // the display name
  std::string_view name_space;
  std::string_view zone;
  std::string_view mesh;
};
// In Kuma's order. The text is the members'.
std::vector<MatchedService> matched_services(std::span<const Service* const> members);

// The condition MeshServicesMatched, in Kuma's words.
struct MatchedCondition {
  bool status = false;
  std::string_view reason;
  std::string message;
};
MatchedCondition matched_condition(std::size_t members);

// A notice for each MeshMultiZoneService that has no members.
void check_members(const Resources& resources, Diagnostics& diagnostics);
Diagnostic no_members(const Service& service);

// What the above are made of.

// Of a MeshService that selects these, sorted by core name.
Endpoints endpoints_of(const Service& service,
                       std::span<const std::shared_ptr<const Dataplane>> selected);
// A MeshExternalService's own.
Endpoints external_endpoints(const Service& service);
// Adds what one member has, `of_member`, to what a MeshMultiZoneService has.
void add_member(const Service& multi_zone, const Service& member, const Endpoints& of_member,
                std::string_view zone, Endpoints& all);
// Those of one Dataplane that the service selects.
void add_endpoints(const Port& port, const std::shared_ptr<const Dataplane>& dataplane,
                   std::vector<Endpoint>& endpoints);
// The first port that has this name, or this decimal number; null if there is none.
const Port* find_port(const Service& service, std::string_view name);
bool is_member(const Service& multi_zone, const Service& service);

}  // namespace mesh
