#include "pipeline/build.h"

#include <algorithm>
#include <iterator>

#include "mesh/endpoints.h"
#include "mesh/from_dataplanes.h"

namespace pipeline {
namespace {

void append(mesh::Diagnostics& to, const mesh::Diagnostics& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// The given resources with what Kuma would add: its default generators, and the services that the
// Dataplanes imply.
mesh::Resources complete(mesh::Resources resources, const config::Settings& settings,
                         mesh::Diagnostics& diagnostics) {
  if (!settings.skip_hostname_generators) {
    resources.generators =
        hostname::with_defaults(std::move(resources.generators), settings.locality().env);
  }
  // A Kubernetes zone makes its MeshServices of Services, never of Dataplanes.
  if (settings.generate_from_dataplanes && settings.mode == config::Mode::Universal) {
    mesh::Generated generated = mesh::services_from_dataplanes(resources, settings.locality());
    append(diagnostics, generated.diagnostics);
    std::ranges::move(generated.services, std::back_inserter(resources.services));
    std::ranges::sort(resources.services,
                      [](const auto& a, const auto& b) { return a->id() < b->id(); });
  }
  return resources;
}

std::vector<vip::Request> requests(const mesh::Resources& resources) {
  std::vector<vip::Request> requests;
  requests.reserve(resources.services.size());
  for (const auto& service : resources.services) requests.push_back(request_of(*service));
  return requests;
}

TableEntry entry(const mesh::Service& service, std::string_view hostname,
                 const std::vector<mesh::Ip>& vips, std::string_view core_name) {
  TableEntry entry{hostname, service.kind, core_name, vips, {}};
  for (const mesh::Port& port : service.ports) {
    entry.ports.push_back({port.port, port.is_udp(), port.name});
  }
  return entry;
}

Table make_table(const Build& build, const config::Settings& settings) {
  const auto& services = build.resources.services;
  std::vector<std::string> core_names(services.size());  // what the entries view
  std::vector<TableEntry> entries;
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (services[i]->meta.mesh != settings.mesh) continue;
    core_names[i] = services[i]->meta.core_name();
    for (const hostname::Outcome& outcome : build.hostnames.outcomes[i]) {
      if (outcome.reason != hostname::Reason::Generated) continue;
      entries.push_back(
          entry(*services[i], outcome.hostname, build.allocation.vips[i], core_names[i]));
    }
  }
  std::ranges::sort(entries, {}, &TableEntry::hostname);
  // One service may have one name from two generators; no two services have.
  const auto same = [](const TableEntry& a, const TableEntry& b) {
    return a.hostname == b.hostname;
  };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return Table(settings.mesh, dns_zones(build.hostnames.generators, settings), entries);
}

}  // namespace

bool borrows_vips(const mesh::Service& service) {
  return service.origin == mesh::Origin::KubernetesService;
}

vip::Request request_of(const mesh::Service& service) {
  return {service.id(), service.vips, service.meta.position, borrows_vips(service)};
}

vip::Policy policy(const config::Settings& settings, bool renumber) {
  return {pools(settings), static_cast<vip::Seconds>(settings.vip.quarantine / 1000), renumber};
}

std::vector<std::string> dns_zones(const std::vector<hostname::OrderedGenerator>& generators,
                                   const config::Settings& settings) {
  std::vector<std::string> zones = settings.dns.zones;
  if (zones.empty()) {
    for (const auto& generator : generators) {
      const bool ours = !hostname::is_within(generator.zone, settings.cluster_domain());
      if (generator.compiled && !generator.zone.empty() && ours) zones.push_back(generator.zone);
    }
  }
  std::ranges::sort(zones);
  zones.erase(std::unique(zones.begin(), zones.end()), zones.end());
  return zones;
}

vip::Pools pools(const config::Settings& settings) {
  return {{settings.vip.mesh_service, settings.vip.mesh_external_service,
           settings.vip.mesh_multi_zone_service}};
}

Build build(mesh::Resources given, const config::Settings& settings, const vip::Ledger& ledger,
            vip::Seconds now, bool renumber) {
  Build build;
  build.resources = complete(std::move(given), settings, build.diagnostics);
  build.hostnames = hostname::generate(build.resources, settings.zone, settings.cluster_domain());
  build.allocation =
      vip::allocate(requests(build.resources), policy(settings, renumber), ledger, now);
  build.proxies = mesh::count_proxies(build.resources, build.diagnostics);
  mesh::check_members(build.resources, build.diagnostics);
  build.table = make_table(build, settings);
  append(build.diagnostics, build.hostnames.diagnostics);
  append(build.diagnostics, build.allocation.diagnostics);
  mesh::sort(build.diagnostics);
  return build;
}

}  // namespace pipeline
