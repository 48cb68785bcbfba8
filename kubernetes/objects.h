// The Kubernetes objects that MeshServices are made of, as plain values: of each only what counts.
//
// Field names are Kubernetes' own (core/v1, discovery.k8s.io/v1).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mesh/ip.h"
#include "mesh/resources.h"

namespace kubernetes {

// Which object of its kind. Orders by namespace, then name.
struct Key {
  std::string name_space;  // "" for what belongs to the cluster
  std::string name;

  auto operator<=>(const Key&) const = default;
};
// "redis-system/redis"
inline std::string to_string(const Key& key) {
  return key.name_space.empty() ? key.name : key.name_space + '/' + key.name;
}

struct ServicePort {
  std::string name;
  std::string protocol = "TCP";
  std::string app_protocol;
  std::uint16_t port = 0;
  std::variant<std::uint16_t, std::string> target;

  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct Service {
  mesh::Labels labels;
  std::optional<std::string> ignore;          // annotation kuma.io/ignore
  bool gateway = false;                       // it has the annotation kuma.io/gateway
  std::optional<std::int64_t> creation_time;  // ns since 1970
  bool external_name = false;
  bool headless = false;              // clusterIP: None
  std::vector<mesh::Ip> cluster_ips;  // of each family one at most, the first family first
  mesh::Labels selector;
  std::vector<ServicePort> ports;

  friend bool operator==(const Service&, const Service&) = default;
};

// The endpoints of a slice that are pods, with their addresses.
struct PodEndpoint {
  Key pod;
  std::string uid;  // of the pod that has the name now; "" if the slice has none
  std::vector<mesh::Ip> addresses;

  friend bool operator==(const PodEndpoint&, const PodEndpoint&) = default;
};

struct EndpointSlice {
  std::string service;  // in its namespace; label kubernetes.io/service-name
  std::vector<PodEndpoint> endpoints;

  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

struct Pod {
  std::string uid;
  bool gateway = false;   // it has the annotation kuma.io/gateway
  std::string pod_name;   // label statefulset.kubernetes.io/pod-name
  std::string pod_index;  // label apps.kubernetes.io/pod-index

  friend bool operator==(const Pod&, const Pod&) = default;
};

// Whether we need it. Most pods of a cluster we don't.
inline bool counts(const Pod& pod) {
  return pod.gateway || !pod.pod_name.empty() || !pod.pod_index.empty();
}

struct Namespace {
  std::string mesh;       // label kuma.io/mesh
  bool injected = false;  // label kuma.io/sidecar-injection is true

  friend bool operator==(const Namespace&, const Namespace&) = default;
};

// A CustomResourceDefinition of Kuma's: its version v1alpha1, the one that we read.
struct Definition {
  bool served = false;
  bool status = false;  // it has the subresource; Kuma's own have none

  friend bool operator==(const Definition&, const Definition&) = default;
};

// A Mesh of Kuma's, of which only the name counts.
struct Mesh {
  friend bool operator==(const Mesh&, const Mesh&) = default;
};

// What MeshServices are generated from.
struct Cluster {
  std::map<Key, Service> services;
  std::map<Key, EndpointSlice> slices;
  std::map<Key, Pod> pods;
  std::map<Key, Namespace> namespaces;
  std::map<Key, Mesh> meshes;
  bool meshes_known = false;  // without Kuma they aren't: then every mesh exists
};

}  // namespace kubernetes
