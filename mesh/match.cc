#include "mesh/match.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>

namespace mesh {
namespace {

bool has_tags(const Dataplane& dataplane, const Labels& wanted) {
  return std::ranges::any_of(dataplane.inbounds, [&](const Inbound& inbound) {
    return inbound.state != Inbound::State::Ignored && inbound.tags.contains_all(wanted);
  });
}

// The Dataplanes by each of their properties, so that a service looks only at those that share one
// with its selector: 100,000 services times 10,000 Dataplanes would be too many pairs.
class Index {
 public:
  explicit Index(const std::vector<std::shared_ptr<const Dataplane>>& dataplanes) {
    for (const auto& dataplane : dataplanes) add(*dataplane);
  }

  // A superset of what the service selects.
  const std::vector<const Dataplane*>& candidates(const Service& service) const {
    const Selector& selector = service.selector;
    const std::string& mesh = service.meta.mesh;
    if (selector.by == Selector::By::DataplaneRef) return at(key(mesh, 'n', selector.name));
    const char sort = selector.by == Selector::By::DataplaneTags ? 't' : 'l';
    const std::vector<const Dataplane*>* fewest = &at(key(mesh, 'a'));
    for (const auto& [name, value] : selector.match.pairs()) {
      const auto& found = at(key(mesh, sort, name, value));
      if (found.size() < fewest->size()) fewest = &found;
    }
    return *fewest;
  }

 private:
  static std::string key(std::string_view mesh, char sort, std::string_view name = {},
                         std::string_view value = {}) {
    std::string text(mesh);
    text.append(1, '\0').append(1, sort).append(name).append(1, '\0').append(value);
    return text;
  }

  void put(const std::string& key, const Dataplane& dataplane) {
    auto& list = by_key_[key];
    // Two inbounds often have one tag; the same Dataplane then comes twice in a row.
    if (list.empty() || list.back() != &dataplane) list.push_back(&dataplane);
  }

  void add(const Dataplane& dataplane) {
    const std::string& mesh = dataplane.meta.mesh;
    put(key(mesh, 'a'), dataplane);
    put(key(mesh, 'n', dataplane.meta.name), dataplane);
    put(key(mesh, 'n', dataplane.meta.core_name()), dataplane);
    for (const auto& [name, value] : dataplane.meta.labels.pairs()) {
      put(key(mesh, 'l', name, value), dataplane);
    }
    for (const Inbound& inbound : dataplane.inbounds) {
      for (const auto& [name, value] : inbound.tags.pairs()) {
        put(key(mesh, 't', name, value), dataplane);
      }
    }
  }

  const std::vector<const Dataplane*>& at(const std::string& key) const {
    static const std::vector<const Dataplane*> kNone;
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? kNone : found->second;
  }

  std::unordered_map<std::string, std::vector<const Dataplane*>> by_key_;
};

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
  const Index index(resources.dataplanes);
  std::vector<const Dataplane*> selected;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Service& service = *resources.services[i];
    if (service.kind != Kind::MeshService) continue;
    selected.clear();
    for (const Dataplane* dataplane : index.candidates(service)) {
      if (dataplane->inbounds.empty() || !selects(service, *dataplane)) continue;
      selected.push_back(dataplane);
      if (is_healthy(service, *dataplane)) ++counts[i].healthy;
    }
    counts[i].total = static_cast<std::uint32_t>(selected.size());
    if (!selected.empty()) check_targets(service, selected, diagnostics);
  }
  return counts;
}

}  // namespace mesh
