#include "mesh/from_dataplanes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace mesh {
namespace {

// What one Dataplane contributes to the service of one name.
struct Contribution {
  Selector selector;
  std::vector<Port> ports;
};

auto age(const Dataplane& dataplane) {
  // One without a creation time counts as oldest, which nullopt's order gives.
  return std::make_tuple(dataplane.meta.creation_time, dataplane.meta.core_name());
}

bool is_older(const Dataplane* a, const Dataplane* b) {
  return age(*a) < age(*b);
}

// RFC 1035 label, as Kuma demands of the names of MeshServices.
bool is_service_name(std::string_view name) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 63 && letter(name.front()) && name.back() != '-' &&
         std::ranges::all_of(name, inner);
}

Port port_of(const Inbound& inbound) {
  Port port{inbound.port, inbound.name, inbound.port, inbound.protocol};
  if (port.app_protocol.empty()) {
    port.app_protocol = inbound.tags.get(label::kProtocolTag).value_or("tcp");
  }
  return port;
}

bool same_ports(const std::vector<Port>& a, const std::vector<Port>& b) {
  return std::ranges::equal(a, b, [](const Port& x, const Port& y) {
    return std::tie(x.port, x.name, x.app_protocol) == std::tie(y.port, y.name, y.app_protocol);
  });
}

void warn(const Dataplane& dataplane, std::string path, std::string message,
          Diagnostics& diagnostics) {
  diagnostics.push_back(
      {Severity::Warning, dataplane.meta.position, std::move(path), std::move(message)});
}

std::string_view workload(const Dataplane& dataplane) {
  return dataplane.meta.labels.get_or_empty(label::kWorkload);
}

// The names of the services that the Dataplane makes, sorted, each once.
std::vector<std::string_view> names_of(const Dataplane& dataplane) {
  std::vector<std::string_view> names;
  if (dataplane.meta.labels.get_or_empty(label::kOrigin) == "global") return names;
  if (!workload(dataplane).empty()) {
    if (!dataplane.inbounds.empty()) names.push_back(workload(dataplane));
    return names;
  }
  for (const Inbound& inbound : dataplane.inbounds) {
    const auto name = inbound.tags.get_or_empty(label::kServiceTag);
    if (!name.empty()) names.push_back(name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Kuma lets one service have two ports of one name or number, which no client can tell apart.
void add_port(const Dataplane& dataplane, std::size_t i, Contribution& contribution,
              Diagnostics& diagnostics) {
  const Inbound& inbound = dataplane.inbounds[i];
  const auto same = [&](const Port& port) {
    return port.port == inbound.port || port.name == inbound.name;
  };
  if (std::ranges::none_of(contribution.ports, same)) {
    return contribution.ports.push_back(port_of(inbound));
  }
  warn(dataplane, "networking.inbound[" + std::to_string(i) + ']',
       "port " + std::to_string(inbound.port) + " (" + inbound.name +
           ") is left out of the generated MeshService: an inbound before it has its number "
           "or its name",
       diagnostics);
}

// REQUIRES: `name` is one of names_of().
Contribution contribution_of(const Dataplane& dataplane, std::string_view name,
                             Diagnostics& diagnostics) {
  const bool by_label = !workload(dataplane).empty();
  const std::string_view key = by_label ? label::kWorkload : label::kServiceTag;
  Contribution contribution;
  contribution.selector = {by_label ? Selector::By::DataplaneLabels : Selector::By::DataplaneTags,
                           "", Labels{{key, name}}};
  for (std::size_t i = 0; i < dataplane.inbounds.size(); ++i) {
    if (!by_label && dataplane.inbounds[i].tags.get(key) != name) continue;
    if (is_service_name(name)) {
      add_port(dataplane, i, contribution, diagnostics);
      continue;
    }
    warn(dataplane, "networking.inbound[" + std::to_string(i) + ']',
         "no MeshService is made of " + std::string(key) + " \"" + std::string(name) +
             "\": a service's name is at most 63 of a-z, 0-9 and '-', and begins with a letter",
         diagnostics);
  }
  return contribution;
}

// What is wrong with one Dataplane of a service, whose ports `oldest` decides.
void check(const Dataplane& dataplane, std::string_view name, const Dataplane& oldest,
           const std::vector<Port>& ports, Diagnostics& diagnostics) {
  const Contribution own = contribution_of(dataplane, name, diagnostics);
  if (same_ports(ports, own.ports)) return;
  warn(dataplane, "networking.inbound",
       "the ports for MeshService \"" + std::string(name) + "\" differ from those of Dataplane \"" +
           oldest.meta.core_name() + "\", which is the oldest and decides; Dataplane \"" +
           dataplane.meta.core_name() + "\" serves only what they share",
       diagnostics);
}

std::shared_ptr<const Service> make(const Dataplane& oldest, std::string_view name,
                                    const Locality& locality) {
  if (!is_service_name(name)) return nullptr;
  Diagnostics ignored;  // check() reports them
  Contribution contribution = contribution_of(oldest, name, ignored);
  auto service = std::make_shared<Service>();
  service->origin = Origin::Dataplanes;
  service->selector = std::move(contribution.selector);
  service->ports = std::move(contribution.ports);
  service->meta.mesh = oldest.meta.mesh;
  service->meta.name = name;
  service->meta.position = oldest.meta.position;
  service->meta.labels.set(label::kManagedBy, "meshservice-generator");
  fill_labels(service->meta, locality);
  service->meta.labels.share();
  service->ports.share();
  return service;
}

std::vector<Port> ports_of(const Dataplane& dataplane, std::string_view name) {
  Diagnostics ignored;
  return contribution_of(dataplane, name, ignored).ports;
}

std::string key_of(std::string_view mesh, std::string_view name) {
  return std::string(mesh).append(1, '\0').append(name);
}

bool same(const Position& a, const Position& b) {
  const bool same_file = a.file == b.file || (a.file && b.file && *a.file == *b.file);
  return same_file && a.line == b.line && a.column == b.column;
}

// REQUIRES: both are generated of Dataplanes, with one identity.
bool same(const Service& a, const Service& b) {
  return a.selector.by == b.selector.by && same_ports(a.ports, b.ports) &&
         same(a.meta.position, b.meta.position);
}

}  // namespace

Generated services_from_dataplanes(const Resources& resources, const Locality& locality) {
  std::set<std::pair<std::string, std::string>> given;
  for (const auto& service : resources.services) {
    if (resources.dataplanes.empty()) break;
    if (service->kind == Kind::MeshService) {
      given.emplace(service->meta.mesh, service->meta.core_name());
    }
  }
  std::map<std::pair<std::string, std::string>, std::vector<const Dataplane*>> groups;
  for (const auto& dataplane : resources.dataplanes) {
    for (const std::string_view name : names_of(*dataplane)) {
      const std::pair key(dataplane->meta.mesh, std::string(name));
      if (!given.contains(key)) groups[key].push_back(dataplane.get());
    }
  }
  Generated generated;
  for (auto& [key, dataplanes] : groups) {
    const Dataplane& oldest = **std::ranges::min_element(dataplanes, is_older);
    const std::string& name = key.second;
    if (auto service = make(oldest, name, locality)) {
      generated.services.push_back(std::move(service));
    }
    const std::vector<Port> ports = ports_of(oldest, name);
    for (const Dataplane* each : dataplanes)
      check(*each, name, oldest, ports, generated.diagnostics);
  }
  return generated;
}

// One change, from the state before to the one behind it.
class DataplaneServices::Update {
 public:
  Update(DataplaneServices& state, const Changes& changes) : state_(state), changes_(changes) {}

  GeneratedChange run() {
    for (const auto& changed : changes_.dataplanes) note(changed);
    for (const auto& [before, after] : changes_.services) {
      for (const auto& service : {before, after}) {
        if (service && service->kind == Kind::MeshService) note(*service);
      }
    }
    move_given();
    for (auto& [key, touched] : touched_) update(key, touched);
    std::ranges::sort(change_.services, {},
                      [](const Changed<Service>& changed) { return changed.either().id(); });
    return std::move(change_);
  }

 private:
  // A service whose Dataplanes change, or that one takes the name of.
  struct Touched {
    bool was_given = false;
    std::vector<const Dataplane*> removed;
    std::vector<const Dataplane*> added;
  };

  Touched& touch(std::string_view mesh, std::string_view name) {
    const auto [found, is_new] = touched_.try_emplace(key_of(mesh, name));
    if (is_new) found->second.was_given = state_.is_given(mesh, name);
    return found->second;
  }

  void note(const Changed<Dataplane>& changed) {
    if (const Dataplane* before = changed.before.get()) {
      for (const auto name : names_of(*before)) {
        touch(before->meta.mesh, name).removed.push_back(before);
      }
    }
    if (const Dataplane* after = changed.after.get()) {
      for (const auto name : names_of(*after)) {
        touch(after->meta.mesh, name).added.push_back(after);
      }
    }
  }

  void note(const Service& given) {
    if (state_.groups_.empty() && touched_.empty()) return;
    const std::string name = given.meta.core_name();
    const std::string key = key_of(given.meta.mesh, name);
    if (state_.groups_.contains(key) || touched_.contains(key)) touch(given.meta.mesh, name);
  }

  void move_given() {
    const auto hash = [](const Service& service) {
      return hash_of('g', service.meta.mesh, service.meta.core_name());
    };
    for (auto at = changes_.services.rbegin(); at != changes_.services.rend(); ++at) {
      const Service* before = at->before.get();
      if (before && before->kind == Kind::MeshService) state_.given_.erase(hash(*before), before);
    }
    state_.given_.reserve(changes_.services.size());
    for (const auto& changed : changes_.services) {
      const Service* after = changed.after.get();
      if (after && after->kind == Kind::MeshService) state_.given_.insert(hash(*after), after);
    }
  }

  static void move(std::vector<const Dataplane*>& dataplanes, Touched& touched) {
    std::ranges::sort(touched.removed);
    if (!touched.removed.empty()) {
      std::erase_if(dataplanes, [&](const Dataplane* each) {
        return std::ranges::binary_search(touched.removed, each);
      });
    }
    if (touched.added.size() > dataplanes.size() / 8) {
      dataplanes.insert(dataplanes.end(), touched.added.begin(), touched.added.end());
      std::ranges::sort(dataplanes, is_older);
      return;
    }
    for (const Dataplane* each : touched.added) {
      dataplanes.insert(std::ranges::upper_bound(dataplanes, each, is_older), each);
    }
  }

  void update(const std::string& key, Touched& touched) {
    const std::size_t end = key.find('\0');
    const std::string_view mesh = std::string_view(key).substr(0, end);
    const std::string_view name = std::string_view(key).substr(end + 1);
    Group& group = state_.groups_[key];
    const std::vector<const Dataplane*>& now = group.dataplanes;
    const bool is_given = state_.is_given(mesh, name);
    const Dataplane* was = now.empty() || touched.was_given ? nullptr : now.front();
    move(group.dataplanes, touched);
    const Dataplane* is = now.empty() || is_given ? nullptr : now.front();
    // Who decides, and about which ports, is part of the warnings of all.
    const bool same = was != nullptr && is != nullptr && decides_alike(*was, *is, name);
    if (was != nullptr) {
      report(same ? touched.removed : before(now, touched), name, *was,
             change_.diagnostics.removed);
    }
    if (is != nullptr) report(same ? touched.added : now, name, *is, change_.diagnostics.added);
    replace(group, is == nullptr ? nullptr : make(*is, name, state_.locality_));
    if (now.empty()) state_.groups_.erase(key);
  }

  static bool decides_alike(const Dataplane& a, const Dataplane& b, std::string_view name) {
    return &a == &b || (a.meta.core_name() == b.meta.core_name() &&
                        same_ports(ports_of(a, name), ports_of(b, name)));
  }

  // Those that were there before `touched`.
  static std::vector<const Dataplane*> before(std::vector<const Dataplane*> dataplanes,
                                              Touched& touched) {
    std::ranges::sort(touched.added);
    std::erase_if(dataplanes, [&](const Dataplane* each) {
      return std::ranges::binary_search(touched.added, each);
    });
    dataplanes.insert(dataplanes.end(), touched.removed.begin(), touched.removed.end());
    return dataplanes;
  }

  static void report(const std::vector<const Dataplane*>& dataplanes, std::string_view name,
                     const Dataplane& oldest, Diagnostics& diagnostics) {
    const std::vector<Port> ports = ports_of(oldest, name);
    for (const Dataplane* each : dataplanes) check(*each, name, oldest, ports, diagnostics);
  }

  void replace(Group& group, std::shared_ptr<const Service> service) {
    if (group.service && service && same(*group.service, *service)) return;
    if (!group.service && !service) return;
    change_.services.push_back({group.service, service});
    group.service = std::move(service);
  }

  DataplaneServices& state_;
  const Changes& changes_;
  GeneratedChange change_;
  std::unordered_map<std::string, Touched> touched_;
};

GeneratedChange DataplaneServices::apply(const Changes& changes) {
  return Update(*this, changes).run();
}

bool DataplaneServices::is_given(std::string_view mesh, std::string_view name) const {
  bool found = false;
  given_.each(hash_of('g', mesh, name), [&](const Service& service) {
    found = found || (service.meta.mesh == mesh && service.meta.core_name() == name);
  });
  return found;
}

}  // namespace mesh
