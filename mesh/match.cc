#include "mesh/match.h"

#include <algorithm>
#include <set>
#include <string>

#include "mesh/dataplane_index.h"

namespace mesh {
namespace {

bool has_tags(const Dataplane& dataplane, const Labels& wanted) {
  return std::ranges::any_of(dataplane.inbounds, [&](const Inbound& inbound) {
    return inbound.state != Inbound::State::Ignored && inbound.tags.contains_all(wanted);
  });
}

// The first few of `names`, for a message.
std::string listed(const std::set<std::string>& names) {
  constexpr std::size_t kMost = 8;
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (++count > kMost) return text + " ...";
    text += (text.empty() ? "\"" : ", \"") + name + '"';
  }
  return text;
}

}  // namespace

// A service with a port that no selected Dataplane serves is one that never answers.
void check_targets(const Service& service, std::span<const Dataplane* const> selected,
                   Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < service.ports.size(); ++i) {
    const auto* target = std::get_if<std::string>(&service.ports[i].target);
    if (target == nullptr) continue;
    std::set<std::string> names;
    for (const Dataplane* dataplane : selected) {
      for (const Inbound& inbound : dataplane->inbounds) names.insert(inbound.name);
    }
    if (names.contains(*target)) continue;
    diagnostics.push_back({Severity::Warning, service.meta.position,
                           "spec.ports[" + std::to_string(i) + "].targetPort",
                           "\"" + *target + "\" is the name of no inbound of the " +
                               std::to_string(selected.size()) +
                               " selected Dataplane(s); they have " + listed(names)});
  }
}

bool is_target(const Port& port, const Inbound& inbound) {
  if (const auto* number = std::get_if<std::uint16_t>(&port.target)) return *number == inbound.port;
  return std::get<std::string>(port.target) == inbound.name;
}

bool counts_proxies(const Service& service, const Proxies& proxies) {
  return service.kind == Kind::MeshService &&
         (service.origin != Origin::KubernetesService || proxies.total != 0);
}

bool serves(const Inbound& inbound, const Port& port) {
  return inbound.state != Inbound::State::Ignored && is_target(port, inbound);
}

bool is_healthy(const Service& service, const Dataplane& dataplane) {
  return std::ranges::all_of(service.ports, [&](const Port& port) {
    return std::ranges::any_of(dataplane.inbounds, [&](const Inbound& inbound) {
      return inbound.state == Inbound::State::Ready && serves(inbound, port);
    });
  });
}

bool selects(const Service& service, const Dataplane& dataplane) {
  const Selector& selector = service.selector;
  if (dataplane.meta.mesh != service.meta.mesh) return false;
  switch (selector.by) {
    case Selector::By::DataplaneRef:
      return selector.name == dataplane.meta.name || selector.name == dataplane.meta.core_name();
    case Selector::By::DataplaneLabels:
      return dataplane.meta.labels.contains_all(selector.match);
    case Selector::By::DataplaneTags:
      return has_tags(dataplane, selector.match);
    case Selector::By::Nothing:
    case Selector::By::MeshServiceLabels:
      return false;
  }
  return false;
}

std::vector<Proxies> count_proxies(const Resources& resources, Diagnostics& diagnostics) {
  std::vector<Proxies> counts(resources.services.size());
  if (resources.dataplanes.empty()) return counts;
  DataplaneIndex index;
  std::vector<Changed<Dataplane>> added;
  for (const auto& dataplane : resources.dataplanes) added.push_back({nullptr, dataplane});
  index.apply(added);
  std::vector<const Dataplane*> selected;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Service& service = *resources.services[i];
    if (service.kind != Kind::MeshService) continue;
    selected.clear();
    for (const std::uint32_t number : index.candidates(service)) {
      const Dataplane& dataplane = *index[number];
      if (dataplane.inbounds.empty() || !selects(service, dataplane)) continue;
      selected.push_back(&dataplane);
      if (is_healthy(service, dataplane)) ++counts[i].healthy;
    }
    counts[i].total = static_cast<std::uint32_t>(selected.size());
    if (!selected.empty()) check_targets(service, selected, diagnostics);
  }
  return counts;
}

}  // namespace mesh
