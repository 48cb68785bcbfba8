// Generates MeshServices from Services, as Kuma's control plane does on Kubernetes (Kuma 2.9 and
// later), without its faults: both addresses of a dual-stack Service count, a Service that may no
// longer have a MeshService loses it at once, and so does a deleted pod.
//
// A pure function of values.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "kubernetes/objects.h"
#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace kubernetes {

// The labels of what is generated, and those of what it is made from.
namespace label {
inline constexpr std::string_view kServiceName = "k8s.kuma.io/service-name";
inline constexpr std::string_view kHeadless = "k8s.kuma.io/is-headless-service";
inline constexpr std::string_view kZoneProxy = "k8s.kuma.io/zone-proxy-type";
inline constexpr std::string_view kInjection = "kuma.io/sidecar-injection";
inline constexpr std::string_view kPodName = "statefulset.kubernetes.io/pod-name";
inline constexpr std::string_view kPodIndex = "apps.kubernetes.io/pod-index";
inline constexpr std::string_view kController = "k8s-controller";  // of mesh::label::kManagedBy
}  // namespace label

struct Generated {
  std::vector<std::shared_ptr<const mesh::Service>> services;  // sorted by id
  mesh::Diagnostics diagnostics;
};

// The MeshServices of one Service. With a cluster IP it has one, of its name, whose VIPs are the
// cluster IPs; a headless Service has one for each pod behind it, ready or not, with the pod's
// addresses. `slices` are those of the Service; of `cluster` its Namespace, its Mesh and the pods
// that the slices name are read.
Generated generate(const Key& key, const Service& service,
                   const std::vector<const EndpointSlice*>& slices, const Cluster& cluster,
                   config::FromServices from, const mesh::Locality& locality);

// Those of all Services.
Generated generate(const Cluster& cluster, config::FromServices from,
                   const mesh::Locality& locality);

// The mesh of a Service and of what is generated from it.
std::string mesh_of(const Key& key, const Service& service, const Cluster& cluster);

// The name of the MeshService of a pod of a headless Service: the pod's with a hash of the
// Service's.
std::string headless_name(std::string_view pod, const Key& service);

// Whether a value of kuma.io/ignore or kuma.io/sidecar-injection means yes.
bool is_enabled(std::string_view value);

}  // namespace kubernetes
