// The mesh resources of a cluster, changed a few at a time: custom resources as given, and the
// MeshServices that are generated from Services.
//
// The work follows what changed. An object that changes marks the Services that it belongs to: a
// Service itself, an EndpointSlice its Service, a pod the Services whose slices name it, a
// Namespace the Services in it, a Mesh the Services of that mesh. Only marked Services are
// generated again, and only names that these or a custom resource gain or lose are decided again.
//
// Owned by one thread. Internal to the folder.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/settings.h"
#include "kubernetes/custom_resource.h"
#include "kubernetes/generate.h"
#include "kubernetes/objects.h"
#include "mesh/change.h"

namespace kubernetes {

struct Snapshot {
  mesh::Resources resources;  // given and generated, sorted by identity
  mesh::Diagnostics diagnostics;
};

// What leads from one Snapshot to the next.
struct ResourceChanges {
  mesh::Changes resources;
  mesh::DiagnosticChanges diagnostics;

  bool empty() const { return resources.empty() && diagnostics.empty(); }
};

using CustomResources = std::array<std::map<Key, CustomResource>, kDocumentKinds>;  // by CustomKind

// The specification: the same from everything. One name has one service:
// * A MeshService of Kuma's control plane (label kuma.io/managed-by: k8s-controller) gives way to
//   the one that we generate. Those of this zone whose Service we follow (with generation by
//   injection: all of this zone) are removed even where none is generated: the Service was one of
//   the mesh once.
// * A MeshService that a person wrote stays, and none is generated, with a warning.
// * Of two that are generated the one of the first Service by name stays, with a warning.
Snapshot snapshot_of(const Cluster& cluster, const CustomResources& given,
                     config::FromServices from, const mesh::Locality& locality);

class ClusterResources {
 public:
  ClusterResources(config::FromServices from, mesh::Locality locality);

  // Each sets one object as the API server has it now; nothing: there is none. Returns whether
  // that changes anything.
  bool set(const Key& key, std::optional<Service> service);
  bool set(const Key& key, std::optional<EndpointSlice> slice);
  bool set(const Key& key, std::optional<Pod> pod);
  bool set(const Key& key, std::optional<Namespace> name_space);
  bool set(const Key& key, std::optional<Mesh> mesh);
  bool set(const CustomId& id, std::optional<CustomResource> resource);
  // Whether the Meshes are known; until then every mesh exists.
  bool set_meshes_known(bool known);

  const Cluster& cluster() const { return cluster_; }
  const CustomResources& custom_resources() const { return given_; }

  // What has changed since the last call.
  ResourceChanges take_changes();
  // The state behind all changes that were taken. The work follows the mesh.
  Snapshot snapshot() const;

 private:
  using SlicePlace = std::map<Key, EndpointSlice>::const_pointer;
  using ServicePtr = std::shared_ptr<const mesh::Service>;
  using GeneratorPtr = std::shared_ptr<const mesh::HostnameGenerator>;

  // Orders by ServiceId.
  struct ById {
    bool operator()(const ServicePtr& a, const ServicePtr& b) const;
  };

  void add_slice(SlicePlace place);
  void remove_slice(SlicePlace place);
  std::vector<const EndpointSlice*> slices_of(const Key& service) const;

  void service_comes_or_goes(const Key& key);
  void add_given(const CustomId& id, const CustomResource& resource);
  void remove_given(const CustomId& id, const CustomResource& resource);

  void claim(const ServicePtr& service);
  void release(const ServicePtr& service);
  void generate_again(const Key& key);
  void replace_generated(std::vector<ServicePtr> before, std::vector<ServicePtr>& after);
  void decide(const ServicePtr& id, std::vector<mesh::Changed<mesh::Service>>& changes);
  void take_generator(const Key& key, std::vector<mesh::Changed<mesh::HostnameGenerator>>& changes);

  const config::FromServices from_;
  const mesh::Locality locality_;

  Cluster cluster_;
  CustomResources given_;
  // The slices by the hash of their Service's key, and of each pod's that they name. Two keys of
  // one hash cost work only.
  std::unordered_multimap<std::size_t, SlicePlace> slices_of_service_;
  std::unordered_multimap<std::size_t, SlicePlace> slices_of_pod_;
  // MeshServices of Kuma's control plane by the Service that they were generated from.
  std::multimap<Key, ServicePtr> controller_services_;

  std::map<Key, Generated> generated_;      // by Service, without those that have nothing
  std::multiset<ServicePtr, ById> claims_;  // given and generated: all that claim a name
  std::set<ServicePtr, ById> services_;     // of each name the one that has it, as taken
  std::map<ServicePtr, mesh::Diagnostics, ById> conflicts_;  // of names that several claim
  std::map<Key, GeneratorPtr> generators_;                   // as taken
  mesh::DiagnosticSet diagnostics_;                          // as taken

  // What has changed since the last take_changes().
  std::set<Key> changed_services_;
  std::set<ServicePtr, ById> changed_names_;
  std::set<Key> changed_generators_;
  mesh::DiagnosticChanges changed_diagnostics_;
};

}  // namespace kubernetes
