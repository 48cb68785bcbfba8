#include "kubernetes/generate.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace kubernetes {
namespace {

using config::FromServices;
using mesh::Severity;

// Kubernetes' alphabet of safe names: no vowels and nothing that looks like one, so that a name
// spells no word.
constexpr std::string_view kSafe = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxHash = 11;  // of a name: '-' and ten digits at most

// FNV-1a of 32 bits, in decimal, each digit replaced by a safe character.
class NameHash {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 16777619u;
    }
  }
  std::string text() const {
    std::string text = std::to_string(value_);
    for (char& c : text) c = kSafe[static_cast<unsigned char>(c) % kSafe.size()];
    return text;
  }

 private:
  std::uint32_t value_ = 2166136261u;
};

// Kubernetes' names of protocols (KEP-3726) as Kuma knows them.
std::string app_protocol(const ServicePort& port) {
  if (port.protocol == "UDP") return "udp";
  std::string protocol = port.app_protocol;
  for (char& c : protocol) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (protocol == "kubernetes.io/h2c") return "http2";
  if (protocol == "kubernetes.io/ws") return "http";
  if (protocol == "kubernetes.io/wss" || protocol == "https") return "tls";
  return protocol.empty() ? "tcp" : protocol;
}

class Generation {
 public:
  Generation(const Cluster& cluster, FromServices from, const mesh::Locality& locality)
      : cluster_(cluster), from_(from), locality_(locality) {
    for (const auto& [key, slice] : cluster.slices) {
      const Key service{key.name_space, slice.service};
      auto& endpoints = endpoints_[service];
      for (const PodEndpoint& endpoint : slice.endpoints) endpoints.push_back(&endpoint);
    }
  }

  Generated run() {
    for (const auto& [key, service] : cluster_.services) {
      if (wanted(key, service)) make(key, service);
    }
    std::ranges::sort(generated_.services,
                      [](const auto& a, const auto& b) { return a->id() < b->id(); });
    return std::move(generated_);
  }

 private:
  const Namespace* name_space(const Key& key) const {
    const auto found = cluster_.namespaces.find({"", key.name_space});
    return found == cluster_.namespaces.end() ? nullptr : &found->second;
  }

  void say(Severity severity, const Key& key, std::string message) {
    generated_.diagnostics.push_back({severity, position(key), "", std::move(message)});
  }
  static mesh::Position position(const Key& key) {
    return {std::make_shared<const std::string>("Service " + to_string(key)), 0, 0};
  }

  bool wanted(const Key& key, const Service& service) {
    const Namespace* in = name_space(key);
    if (in == nullptr) return false;  // going, or not yet here
    const bool injected = from_ == FromServices::Injected && in->injected;
    if (!service.labels.get(mesh::label::kMesh) && !injected) return false;
    const std::string mesh = mesh_of(key, service);
    if (cluster_.meshes != nullptr && !cluster_.meshes->contains({"", mesh})) {
      say(Severity::Warning, key, "no MeshService is made of it: there is no Mesh \"" + mesh + '"');
      return false;
    }
    if (service.ignore && is_enabled(*service.ignore)) return false;
    if (service.gateway || service.labels.get(label::kZoneProxy)) return false;
    if (gateway_behind(key)) return false;
    if (service.external_name) {
      say(Severity::Notice, key,
          "no MeshService is made of an ExternalName: a MeshExternalService is for that");
    }
    return service.headless || !service.cluster_ips.empty();
  }

  std::string mesh_of(const Key& key, const Service& service) const {
    std::string mesh(service.labels.get_or_empty(mesh::label::kMesh));
    if (const Namespace* in = name_space(key); mesh.empty() && in != nullptr) mesh = in->mesh;
    return mesh.empty() ? "default" : mesh;
  }

  bool gateway_behind(const Key& key) const {
    const auto endpoints = endpoints_.find(key);
    return endpoints != endpoints_.end() &&
           std::ranges::any_of(endpoints->second, [&](const PodEndpoint* endpoint) {
             const auto pod = cluster_.pods.find(endpoint->pod);
             return pod != cluster_.pods.end() && pod->second.gateway;
           });
  }

  void make(const Key& key, const Service& service) {
    mesh::Service common = common_part(key, service);
    if (service.headless) return make_headless(key, std::move(common));
    common.meta.name = key.name;
    common.meta.labels.set(label::kHeadless, "false");
    common.selector.by = mesh::Selector::By::DataplaneLabels;
    common.selector.match = service.selector;
    common.selector.match.set(mesh::label::kNamespace, key.name_space);
    common.vips = service.cluster_ips;
    put(std::move(common));
  }

  mesh::Service common_part(const Key& key, const Service& from) {
    mesh::Service service;
    service.origin = mesh::Origin::KubernetesService;
    service.meta.mesh = mesh_of(key, from);
    service.meta.name_space = key.name_space;
    service.meta.labels = from.labels;
    service.meta.labels.set(mesh::label::kMesh, service.meta.mesh);
    service.meta.labels.set(mesh::label::kManagedBy, label::kController);
    service.meta.labels.set(mesh::label::kOrigin, "zone");
    service.meta.labels.set(mesh::label::kZone, locality_.zone);
    service.meta.labels.set(mesh::label::kEnv, "kubernetes");
    service.meta.labels.set(mesh::label::kNamespace, key.name_space);
    service.meta.labels.set(label::kServiceName, key.name);
    service.meta.creation_time = from.creation_time;
    service.meta.position = position(key);
    for (const ServicePort& port : from.ports) add_port(key, port, service);
    return service;
  }

  void add_port(const Key& key, const ServicePort& from, mesh::Service& service) {
    if (from.protocol != "TCP" && from.protocol != "UDP") {
      return say(
          Severity::Notice, key,
          "port " + std::to_string(from.port) + " is left out: a mesh has no " + from.protocol);
    }
    mesh::Port port;
    port.port = from.port;
    port.name = from.name.empty() ? std::to_string(from.port) : from.name;
    port.target = from.target;
    port.app_protocol = app_protocol(from);
    service.ports.push_back(std::move(port));
  }

  // A pod of two families is in two slices.
  void make_headless(const Key& key, mesh::Service common) {
    const auto endpoints = endpoints_.find(key);
    if (endpoints == endpoints_.end()) return;
    std::map<Key, std::vector<const PodEndpoint*>> pods;
    for (const PodEndpoint* endpoint : endpoints->second) pods[endpoint->pod].push_back(endpoint);
    common.meta.labels.set(label::kHeadless, "true");
    for (auto& [pod, of_pod] : pods) {
      mesh::Service service = common;
      service.meta.name = headless_name(pod.name, key);
      label_pod(pod, service.meta.labels);
      service.selector.by = mesh::Selector::By::DataplaneRef;
      service.selector.name = pod.name + '.' + pod.name_space;
      leave_out_replaced(pod, of_pod);
      service.vips = addresses_of(of_pod);
      put(std::move(service));
    }
  }

  // Until the slices of a pod that was replaced settle, they have the one that is gone as well. If
  // they have only others than the one that we know, then they know better: no name goes because
  // one watch is behind another.
  void leave_out_replaced(const Key& key, std::vector<const PodEndpoint*>& endpoints) const {
    const auto pod = cluster_.pods.find(key);
    if (pod == cluster_.pods.end() || pod->second.uid.empty()) return;
    const std::string& uid = pod->second.uid;
    if (std::ranges::find(endpoints, uid, &PodEndpoint::uid) == endpoints.end()) return;
    std::erase_if(endpoints, [&](const PodEndpoint* endpoint) {
      return !endpoint->uid.empty() && endpoint->uid != uid;
    });
  }

  static std::vector<mesh::Ip> addresses_of(const std::vector<const PodEndpoint*>& endpoints) {
    std::set<mesh::Ip> addresses;
    for (const PodEndpoint* endpoint : endpoints) {
      addresses.insert(endpoint->addresses.begin(), endpoint->addresses.end());
    }
    return {addresses.begin(), addresses.end()};
  }

  void label_pod(const Key& key, mesh::Labels& labels) const {
    const auto pod = cluster_.pods.find(key);
    if (pod == cluster_.pods.end()) return;
    if (!pod->second.pod_name.empty()) labels.set(label::kPodName, pod->second.pod_name);
    if (!pod->second.pod_index.empty()) labels.set(label::kPodIndex, pod->second.pod_index);
  }

  void put(mesh::Service service) {
    service.meta.labels.set(mesh::label::kDisplayName, service.meta.name);
    mesh::fill_labels(service.meta, locality_);
    generated_.services.push_back(std::make_shared<const mesh::Service>(std::move(service)));
  }

  const Cluster& cluster_;
  const FromServices from_;
  const mesh::Locality& locality_;
  std::map<Key, std::vector<const PodEndpoint*>> endpoints_;
  Generated generated_;
};

}  // namespace

bool is_enabled(std::string_view value) {
  return value == "true" || value == "enabled" || value == "yes";
}

std::string headless_name(std::string_view pod, const Key& service) {
  NameHash hash;
  hash.add(service.name);
  hash.add(service.name_space);
  if (pod.size() + kMaxHash > kMaxName) {
    hash.add(pod);
    pod = pod.substr(0, kMaxName - kMaxHash);
  }
  return std::string(pod) + '-' + hash.text();
}

Generated generate(const Cluster& cluster, config::FromServices from,
                   const mesh::Locality& locality) {
  if (from == FromServices::Off) return {};
  return Generation(cluster, from, locality).run();
}

}  // namespace kubernetes
