#include "mesh/endpoints.h"

#include <algorithm>
#include <string>

#include "mesh/match.h"

namespace mesh {
namespace {

std::string qualified(const MatchedService& service) {
  std::string text(service.name);
  for (const std::string_view part : {service.name_space, service.zone, service.mesh}) {
    text.append(1, '/').append(part);
  }
  return text;
}

std::vector<std::shared_ptr<const Dataplane>> selected_by(const Service& service,
                                                          const Resources& resources) {
  std::vector<std::shared_ptr<const Dataplane>> selected;
  for (const auto& dataplane : resources.dataplanes) {
    if (selects(service, *dataplane)) selected.push_back(dataplane);
  }
  std::ranges::sort(selected, {}, [](const auto& each) { return each->meta.core_name(); });
  return selected;
}

Endpoints of_multi_zone(const Service& service, const Resources& resources, std::string_view zone) {
  Endpoints all(service.ports.size());
  for (const Service* member : members(service, resources)) {
    add_member(service, *member, endpoints_of(*member, selected_by(*member, resources)), zone, all);
  }
  return all;
}

}  // namespace

Endpoints endpoints(const Service& service, const Resources& resources, std::string_view zone) {
  switch (service.kind) {
    case Kind::MeshService:
      return endpoints_of(service, selected_by(service, resources));
    case Kind::MeshExternalService:
      return external_endpoints(service);
    case Kind::MeshMultiZoneService:
      return of_multi_zone(service, resources, zone);
  }
  return {};
}

std::vector<const Service*> members(const Service& service, const Resources& resources) {
  std::vector<const Service*> all;
  if (service.kind != Kind::MeshMultiZoneService) return all;
  for (const auto& each : resources.services) {
    if (is_member(service, *each)) all.push_back(each.get());
  }
  std::ranges::sort(all, {}, [](const Service* each) { return each->meta.core_name(); });
  return all;
}

std::vector<MatchedService> matched_services(std::span<const Service* const> members) {
  std::vector<std::pair<std::string, MatchedService>> sorted;
  for (const Service* member : members) {
    const Labels& labels = member->meta.labels;
    const MatchedService matched{member->meta.display_name(),
                                 labels.get_or_empty(label::kNamespace),
                                 labels.get_or_empty(label::kZone), member->meta.mesh};
    sorted.emplace_back(qualified(matched), matched);
  }
  std::ranges::stable_sort(
      sorted, {}, [](const auto& each) -> auto& { return each.first; });
  std::vector<MatchedService> all;
  for (const auto& [key, matched] : sorted) all.push_back(matched);
  return all;
}

MatchedCondition matched_condition(std::size_t members) {
  if (members == 0) {
    return {false, "NoMatchesFound", "Selector does not match any MeshService in this zone"};
  }
  return {true, "MatchesFound", "Matched " + std::to_string(members) + " MeshService(s)"};
}

void check_members(const Resources& resources, Diagnostics& diagnostics) {
  for (const auto& service : resources.services) {
    if (service->kind != Kind::MeshMultiZoneService) continue;
    const auto selected = [&](const auto& other) { return is_member(*service, *other); };
    if (std::ranges::none_of(resources.services, selected)) {
      diagnostics.push_back(no_members(*service));
    }
  }
}

Diagnostic no_members(const Service& service) {
  std::string labels;
  for (const auto& [key, value] : service.selector.match.pairs()) {
    labels.append(labels.empty() ? "" : ", ").append(key).append("=").append(value);
  }
  return {Severity::Notice, service.meta.position, "spec.selector.meshService.matchLabels",
          "no MeshService of the mesh has the label(s) " + labels};
}

Endpoints endpoints_of(const Service& service,
                       std::span<const std::shared_ptr<const Dataplane>> selected) {
  Endpoints all(service.ports.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto& dataplane : selected) add_endpoints(service.ports[i], dataplane, all[i]);
  }
  return all;
}

void add_member(const Service& multi_zone, const Service& member, const Endpoints& of_member,
                std::string_view zone, Endpoints& all) {
  const bool near = member.meta.labels.get_or_empty(label::kZone) == zone;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Port* port = find_port(member, multi_zone.ports[i].name);
    if (port == nullptr) continue;
    for (Endpoint endpoint : of_member[static_cast<std::size_t>(port - member.ports.data())]) {
      endpoint.priority = near ? 0 : 1;
      all[i].push_back(std::move(endpoint));
    }
  }
}

void add_endpoints(const Port& port, const std::shared_ptr<const Dataplane>& dataplane,
                   std::vector<Endpoint>& endpoints) {
  for (const Inbound& inbound : dataplane->inbounds) {
    if (!serves(inbound, port)) continue;
    endpoints.push_back({.address = dataplane->address_of(inbound),
                         .port = inbound.port,
                         .healthy = inbound.state == Inbound::State::Ready,
                         .dataplane = dataplane});
  }
}

Endpoints external_endpoints(const Service& service) {
  Endpoints all(service.ports.size());
  if (!service.external) return all;
  for (auto& of_port : all) {
    for (const auto& [address, port, priority] : service.external->endpoints) {
      of_port.push_back({.address = address, .port = port, .priority = priority});
    }
  }
  return all;
}

const Port* find_port(const Service& service, std::string_view name) {
  const auto found = std::ranges::find_if(service.ports, [&](const Port& port) {
    return port.name == name || std::to_string(port.port) == name;
  });
  return found == service.ports.end() ? nullptr : &*found;
}

bool is_member(const Service& multi_zone, const Service& service) {
  return multi_zone.kind == Kind::MeshMultiZoneService && service.kind == Kind::MeshService &&
         service.meta.mesh == multi_zone.meta.mesh && !multi_zone.selector.match.empty() &&
         service.meta.labels.contains_all(multi_zone.selector.match);
}

}  // namespace mesh
