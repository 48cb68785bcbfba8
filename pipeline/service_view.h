// One service with all that a build knows of it: what its status, the page and `render` show.
//
// A value of the moment: what it refers to is valid until the build changes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hostname/generator.h"
#include "mesh/endpoints.h"
#include "mesh/ip.h"
#include "mesh/match.h"
#include "mesh/resources.h"
#include "pipeline/build.h"

namespace pipeline {

struct ServiceView {
  const mesh::Service& service;
  const std::vector<hostname::OrderedGenerator>& generators;  // of all services
  std::vector<hostname::Outcome> outcomes;
  std::vector<mesh::Ip> vips;
  std::string missing;  // why a VIP is missing, or ""
  mesh::Proxies proxies;
  std::vector<const mesh::Service*> members;  // of a MeshMultiZoneService
};

inline ServiceView view(const Build& build, std::size_t index) {
  const mesh::Service& service = *build.resources.services[index];
  return {service,
          build.hostnames.generators,
          build.hostnames.outcomes[index],
          build.allocation.vips[index],
          build.allocation.missing[index],
          build.proxies[index],
          mesh::members(service, build.resources)};
}

}  // namespace pipeline
