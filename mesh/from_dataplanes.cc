#include "mesh/from_dataplanes.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace mesh {
namespace {

// What one Dataplane contributes to the service of one name.
struct Contribution {
  const Dataplane* dataplane = nullptr;
  Selector selector;
  std::vector<Port> ports;
};

// By mesh and name of the service.
using Contributions = std::map<std::pair<std::string, std::string>, std::vector<Contribution>>;

auto age(const Dataplane& dataplane) {
  // One without a creation time counts as oldest, which nullopt's order gives.
  return std::make_tuple(dataplane.meta.creation_time, dataplane.meta.core_name());
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

class Generator {
 public:
  explicit Generator(const Resources& resources) {
    for (const auto& service : resources.services) {
      if (service->kind == Kind::MeshService) {
        given_.emplace(service->meta.mesh, service->meta.core_name());
      }
    }
    for (const auto& dataplane : resources.dataplanes) collect(*dataplane);
  }

  Generated run(const Locality& locality) {
    for (auto& [id, contributions] : contributions_) {
      generated_.services.push_back(make(id.first, id.second, contributions, locality));
    }
    return std::move(generated_);
  }

 private:
  void warn(const Dataplane& dataplane, std::string path, std::string message) {
    generated_.diagnostics.push_back(
        {Severity::Warning, dataplane.meta.position, std::move(path), std::move(message)});
  }

  void collect(const Dataplane& dataplane) {
    if (dataplane.meta.labels.get_or_empty(label::kOrigin) == "global") return;
    if (const auto name = dataplane.meta.labels.get_or_empty(label::kWorkload); !name.empty()) {
      for (std::size_t i = 0; i < dataplane.inbounds.size(); ++i) {
        add(dataplane, i, name, Selector::By::DataplaneLabels, label::kWorkload);
      }
      return;
    }
    for (std::size_t i = 0; i < dataplane.inbounds.size(); ++i) {
      const auto name = dataplane.inbounds[i].tags.get_or_empty(label::kServiceTag);
      if (!name.empty()) add(dataplane, i, name, Selector::By::DataplaneTags, label::kServiceTag);
    }
  }

  void add(const Dataplane& dataplane, std::size_t inbound, std::string_view name, Selector::By by,
           std::string_view key) {
    if (given_.contains({dataplane.meta.mesh, std::string(name)})) return;
    const std::string path = "networking.inbound[" + std::to_string(inbound) + ']';
    if (!is_service_name(name)) {
      warn(dataplane, path,
           "no MeshService is made of " + std::string(key) + " \"" + std::string(name) +
               "\": a service's name is at most 63 of a-z, 0-9 and '-', and begins with a letter");
      return;
    }
    auto& list = contributions_[{dataplane.meta.mesh, std::string(name)}];
    if (list.empty() || list.back().dataplane != &dataplane) {
      list.push_back({&dataplane, {by, "", Labels{{key, name}}}, {}});
    }
    add_port(list.back(), dataplane.inbounds[inbound], path);
  }

  // Kuma lets one service have two ports of one name or number, which no client can tell apart.
  void add_port(Contribution& contribution, const Inbound& inbound, const std::string& path) {
    const auto same = [&](const Port& port) {
      return port.port == inbound.port || port.name == inbound.name;
    };
    if (std::ranges::any_of(contribution.ports, same)) {
      warn(*contribution.dataplane, path,
           "port " + std::to_string(inbound.port) + " (" + inbound.name +
               ") is left out of the generated MeshService: an inbound before it has its number "
               "or its name");
      return;
    }
    contribution.ports.push_back(port_of(inbound));
  }

  std::shared_ptr<const Service> make(const std::string& mesh, const std::string& name,
                                      std::vector<Contribution>& contributions,
                                      const Locality& locality) {
    std::ranges::sort(contributions, {}, [](const Contribution& c) { return age(*c.dataplane); });
    const Contribution& oldest = contributions.front();
    auto service = std::make_shared<Service>();
    service->origin = Origin::Dataplanes;
    service->selector = oldest.selector;
    service->ports = oldest.ports;
    service->meta.mesh = mesh;
    service->meta.name = name;
    service->meta.position = oldest.dataplane->meta.position;
    service->meta.labels.set(label::kManagedBy, "meshservice-generator");
    fill_labels(service->meta, locality);
    for (const Contribution& other : contributions) {
      if (same_ports(oldest.ports, other.ports)) continue;
      warn(*other.dataplane, "networking.inbound",
           "the ports for MeshService \"" + name + "\" differ from those of Dataplane \"" +
               oldest.dataplane->meta.core_name() +
               "\", which is the oldest and decides; Dataplane \"" +
               other.dataplane->meta.core_name() + "\" serves only what they share");
    }
    return service;
  }

  std::set<std::pair<std::string, std::string>> given_;
  Contributions contributions_;
  Generated generated_;
};

}  // namespace

Generated services_from_dataplanes(const Resources& resources, const Locality& locality) {
  if (resources.dataplanes.empty()) return {};
  return Generator(resources).run(locality);
}

}  // namespace mesh
