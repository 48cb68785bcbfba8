// What a build says of itself as a whole: what is wrong with its resources, and how many services
// lack something.
//
// A plain value.
#pragma once

#include <cstddef>
#include <vector>

#include "mesh/diagnostic.h"
#include "pipeline/build.h"
#include "vip/allocate.h"

namespace pipeline {

struct Summary {
  mesh::Diagnostics problems;       // of its resources too, sorted
  std::size_t services = 0;         // given and generated
  std::size_t collisions = 0;       // (service, generator) pairs with the reason Collision
  std::size_t template_errors = 0;  // likewise TemplateError
  std::size_t cluster_domain = 0;   // likewise ClusterDomain
  std::size_t without_vip = 0;      // services without a VIP in at least one address family
  std::vector<vip::PoolUse> pools;

  std::size_t count(mesh::Severity severity) const;  // of the problems
};

Summary summarize(const Build& build, mesh::Diagnostics problems);

}  // namespace pipeline
