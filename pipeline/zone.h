// From what is served to the zone that answers it.
//
// Pure functions of values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/settings.h"
#include "dns/zone.h"
#include "mesh/ip.h"
#include "mesh/resources.h"
#include "pipeline/table.h"

namespace pipeline {

// Under the settings, with these DNS zones; ready.
dns::ZoneSettings zone_settings(const config::Settings& settings,
                                std::span<const std::string> zones, std::uint32_t serial);

// What a hostname of the service has.
dns::HostData host_data(const mesh::Service& service, std::span<const mesh::Ip> addresses);

// With the reverse of the pools, and no host yet.
dns::ZoneBuilder zone_builder(const config::Settings& settings, dns::ZoneSettings zone);

// The zone that answers from `table`.
std::shared_ptr<const dns::Zone> make_zone(const Table& table, const config::Settings& settings,
                                           std::uint32_t serial);

// The zone to start with when there is no table yet: all names that could be ours are SERVFAIL.
// `zones`: the DNS zones that are known to be ours. `all_known`: no others are; else every name
// under a private suffix could be ours, but those of the cluster and of upstream.zones.
std::shared_ptr<const dns::Zone> zone_without_table(const config::Settings& settings,
                                                    std::span<const std::string> zones,
                                                    bool all_known, std::uint32_t serial);

}  // namespace pipeline
