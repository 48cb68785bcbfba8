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

const Namespace* namespace_of(const Key& key, const Cluster& cluster) {
  const auto found = cluster.namespaces.find({"", key.name_space});
  return found == cluster.namespaces.end() ? nullptr : &found->second;
}

// Of one Service.
class Generation {
 public:
  Generation(const Key& key, const Service& service,
             const std::vector<const EndpointSlice*>& slices, const Cluster& cluster,
             FromServices from, const mesh::Locality& locality)
      : key_(key),
        service_(service),
        cluster_(cluster),
        from_(from),
        locality_(locality),
        mesh_(mesh_of(key, service, cluster)) {
    for (const EndpointSlice* slice : slices) {
      for (const PodEndpoint& endpoint : slice->endpoints) endpoints_.push_back(&endpoint);
    }
  }

  Generated run() {
    if (is_meant()) make();
    return std::move(generated_);
  }

 private:
  void report(Severity severity, std::string message) {
    generated_.diagnostics.push_back({severity, position(), "", std::move(message)});
  }
  const mesh::Position& position() {
    if (!position_.file) {
      position_.file = std::make_shared<const std::string>("Service " + to_string(key_));
    }
    return position_;
  }

  bool is_meant() {
    const Namespace* in = namespace_of(key_, cluster_);
    if (in == nullptr) return false;  // being deleted, or not yet received
    const bool injected = from_ == FromServices::Injected && in->injected;
    if (!service_.labels.get(mesh::label::kMesh) && !injected) return false;
    if (cluster_.meshes_known && !cluster_.meshes.contains({"", mesh_})) {
      report(Severity::Warning, "no MeshService is generated: unknown Mesh \"" + mesh_ + '"');
      return false;
    }
    if (service_.ignore && is_enabled(*service_.ignore)) return false;
    if (service_.gateway || service_.labels.get(label::kZoneProxy)) return false;
    if (has_gateway_behind()) return false;
    if (service_.external_name) {
      report(Severity::Notice,
             "no MeshService is generated for an ExternalName: use a MeshExternalService");
    }
    return service_.headless || !service_.cluster_ips.empty();
  }

  bool has_gateway_behind() const {
    return std::ranges::any_of(endpoints_, [&](const PodEndpoint* endpoint) {
      const auto pod = cluster_.pods.find(endpoint->pod);
      return pod != cluster_.pods.end() && pod->second.gateway;
    });
  }

  void make() {
    mesh::Service common = common_part();
    if (service_.headless) return make_headless(std::move(common));
    common.meta.name = key_.name;
    common.meta.labels.set(label::kHeadless, "false");
    common.selector.by = mesh::Selector::By::DataplaneLabels;
    common.selector.match = service_.selector;
    common.selector.match.set(mesh::label::kNamespace, key_.name_space);
    common.vips = service_.cluster_ips;
    put(std::move(common));
  }

  mesh::Service common_part() {
    mesh::Service service;
    service.origin = mesh::Origin::KubernetesService;
    service.meta.mesh = mesh_;
    service.meta.name_space = key_.name_space;
    service.meta.labels = service_.labels;
    service.meta.labels.set(mesh::label::kMesh, mesh_);
    service.meta.labels.set(mesh::label::kManagedBy, label::kController);
    service.meta.labels.set(mesh::label::kOrigin, "zone");
    service.meta.labels.set(mesh::label::kZone, locality_.zone);
    service.meta.labels.set(mesh::label::kEnv, "kubernetes");
    service.meta.labels.set(mesh::label::kNamespace, key_.name_space);
    service.meta.labels.set(label::kServiceName, key_.name);
    service.meta.creation_time = service_.creation_time;
    service.meta.position = position();
    for (const ServicePort& port : service_.ports) add_port(port, service);
    return service;
  }

  void add_port(const ServicePort& from, mesh::Service& service) {
    if (from.protocol != "TCP" && from.protocol != "UDP") {
      return report(Severity::Notice, "port " + std::to_string(from.port) +
                                          " is ignored: a mesh has no " + from.protocol);
    }
    mesh::Port port;
    port.port = from.port;
    port.name = from.name.empty() ? std::to_string(from.port) : from.name;
    port.target = from.target;
    port.app_protocol = app_protocol(from);
    service.ports.push_back(std::move(port));
  }

  // A pod of two families is in two slices.
  void make_headless(mesh::Service common) {
    std::map<Key, std::vector<const PodEndpoint*>> pods;
    for (const PodEndpoint* endpoint : endpoints_) pods[endpoint->pod].push_back(endpoint);
    common.meta.labels.set(label::kHeadless, "true");
    for (auto& [pod, of_pod] : pods) {
      mesh::Service service = common;
      service.meta.name = headless_name(pod.name, key_);
      label_pod(pod, service.meta.labels);
      service.selector.by = mesh::Selector::By::DataplaneRef;
      service.selector.name = pod.name + '.' + pod.name_space;
      remove_replaced(pod, of_pod);
      service.vips = addresses_of(of_pod);
      put(std::move(service));
    }
    std::ranges::sort(generated_.services, {}, [](const auto& service) { return service->id(); });
  }

  // While a pod is being replaced, the slices still name the deleted one of the same name as well.
  // If they name none with the UID that we know, the watch of pods is behind that of slices: then
  // all are kept, as a name must not disappear for that.
  void remove_replaced(const Key& key, std::vector<const PodEndpoint*>& endpoints) const {
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

  const Key& key_;
  const Service& service_;
  const Cluster& cluster_;
  const FromServices from_;
  const mesh::Locality& locality_;
  const std::string mesh_;
  std::vector<const PodEndpoint*> endpoints_;
  mesh::Position position_;
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

std::string mesh_of(const Key& key, const Service& service, const Cluster& cluster) {
  std::string mesh(service.labels.get_or_empty(mesh::label::kMesh));
  if (const Namespace* in = namespace_of(key, cluster); mesh.empty() && in != nullptr) {
    mesh = in->mesh;
  }
  return mesh.empty() ? "default" : mesh;
}

Generated generate(const Key& key, const Service& service,
                   const std::vector<const EndpointSlice*>& slices, const Cluster& cluster,
                   FromServices from, const mesh::Locality& locality) {
  if (from == FromServices::Off) return {};
  return Generation(key, service, slices, cluster, from, locality).run();
}

Generated generate(const Cluster& cluster, FromServices from, const mesh::Locality& locality) {
  std::map<Key, std::vector<const EndpointSlice*>> slices;
  for (const auto& [key, slice] : cluster.slices) {
    slices[{key.name_space, slice.service}].push_back(&slice);
  }
  Generated all;
  for (const auto& [key, service] : cluster.services) {
    Generated one = generate(key, service, slices[key], cluster, from, locality);
    std::ranges::move(one.services, std::back_inserter(all.services));
    std::ranges::move(one.diagnostics, std::back_inserter(all.diagnostics));
  }
  std::ranges::stable_sort(all.services, {}, [](const auto& service) { return service->id(); });
  return all;
}

}  // namespace kubernetes
