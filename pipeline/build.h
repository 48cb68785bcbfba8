// From resources to what is served: hostnames, VIPs, the table and the zone.
//
// Pure functions of values. serve, validate, render, explain and plan all run the same one, so that
// what `render` shows is what `serve` does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "hostname/generator.h"
#include "mesh/diagnostic.h"
#include "mesh/match.h"
#include "mesh/resources.h"
#include "pipeline/table.h"
#include "vip/allocate.h"

namespace pipeline {

struct Build {
  // Given and generated, sorted by (kind, mesh, core name). The vectors below are in this order.
  mesh::Resources resources;
  hostname::Hostnames hostnames;
  vip::Allocation allocation;
  std::vector<mesh::Proxies> proxies;
  Table table;                    // of the mesh that the settings name
  mesh::Diagnostics diagnostics;  // of all of the above, sorted
};

// `ledger` is what the store holds. The caller commits `allocation.changes` before it serves
// `table`.
Build build(mesh::Resources given, const config::Settings& settings, const vip::Ledger& ledger,
            vip::Seconds now, bool renumber = false);

vip::Pools pools(const config::Settings& settings);
// Whether the VIPs of the service are a cluster's to give: none is allocated, and none is stored.
bool borrows_vips(const mesh::Service& service);
vip::Request request_of(const mesh::Service& service);
vip::Policy policy(const config::Settings& settings, bool renumber);
// The DNS zones that we are authoritative for: those of the settings, else of the generators.
std::vector<std::string> dns_zones(const std::vector<hostname::OrderedGenerator>& generators,
                                   const config::Settings& settings);

}  // namespace pipeline
