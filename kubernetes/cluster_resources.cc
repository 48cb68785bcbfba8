#include "kubernetes/cluster_resources.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <tuple>
#include <utility>

#include "kubernetes/same.h"

namespace kubernetes {
namespace {

using config::FromServices;
using mesh::Diagnostics;
using ServicePtr = std::shared_ptr<const mesh::Service>;

void append(const Diagnostics& from, Diagnostics& to) {
  to.insert(to.end(), from.begin(), from.end());
}

std::size_t hash_of(const Key& key) {
  const std::hash<std::string> hash;
  return hash(key.name_space) * 31 + hash(key.name);
}

// A core name ("redis.kuma-system") that is never put together.
class CoreName {
 public:
  explicit CoreName(const mesh::Meta& meta) : meta_(meta) {}

  std::strong_ordering operator<=>(const CoreName& other) const {
    const std::size_t common = std::min(size(), other.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (at(i) != other.at(i)) return at(i) <=> other.at(i);
    }
    return size() <=> other.size();
  }

 private:
  std::size_t size() const {
    return meta_.name.size() + (meta_.name_space.empty() ? 0 : 1 + meta_.name_space.size());
  }
  unsigned char at(std::size_t i) const {
    const std::size_t size = meta_.name.size();
    return static_cast<unsigned char>(i < size    ? meta_.name[i]
                                      : i == size ? '.'
                                                  : meta_.name_space[i - size - 1]);
  }
  const mesh::Meta& meta_;
};

// The order of ServiceId.
std::strong_ordering compare_ids(const mesh::Service& a, const mesh::Service& b) {
  if (const auto order = a.kind <=> b.kind; order != 0) return order;
  if (const auto order = a.meta.mesh <=> b.meta.mesh; order != 0) return order;
  return CoreName(a.meta) <=> CoreName(b.meta);
}

std::string_view label_of(const mesh::Service& service, std::string_view key) {
  return service.meta.labels.get_or_empty(key);
}

bool is_of_controller(const mesh::Service& service) {
  return label_of(service, mesh::label::kManagedBy) == label::kController;
}

// The Service that it was generated from, by its label.
Key service_of(const mesh::Service& service) {
  return {service.meta.name_space, std::string(label_of(service, label::kServiceName))};
}

// True of a given service that Kuma's control plane generated and that it is for us to generate.
bool is_superseded(const mesh::Service& given, const Cluster& cluster, FromServices from) {
  return is_of_controller(given) && label_of(given, mesh::label::kOrigin) == "zone" &&
         (from == FromServices::Injected || cluster.services.contains(service_of(given)));
}

struct Decision {
  ServicePtr service;  // null: none
  Diagnostics diagnostics;
};

void refuse(const mesh::Service& service, std::string why, Decision& decision) {
  decision.diagnostics.push_back({mesh::Severity::Warning, service.meta.position, "",
                                  "no MeshService is generated: " + std::move(why)});
}

// Which of `claims` on one name has it.
Decision decide_name(std::span<const ServicePtr> claims, const Cluster& cluster,
                     FromServices from) {
  ServicePtr given;
  std::vector<ServicePtr> generated;
  for (const ServicePtr& claim : claims) {
    if (claim->origin != mesh::Origin::Given) {
      generated.push_back(claim);
    } else if (!is_superseded(*claim, cluster, from)) {
      given = claim;
    }
  }
  std::ranges::sort(generated, {}, [](const ServicePtr& s) { return service_of(*s); });
  Decision decision{given, {}};
  for (const ServicePtr& service : generated) {
    if (decision.service == given && (!given || is_of_controller(*given))) {
      decision.service = service;
    } else if (decision.service == given) {
      refuse(*service, to_string(given->id()) + " was written by hand", decision);
    } else {
      refuse(*service,
             to_string(service->id()) + " is generated from Service " +
                 to_string(service_of(*decision.service)),
             decision);
    }
  }
  return decision;
}

// Whether a MeshService may have to be decided anew because a Service comes or goes.
bool follows_service(const CustomResource& resource) {
  return resource.service && is_of_controller(*resource.service);
}

// Sets what `objects` have at `key`. Calls `leave` with an entry that is about to go, and `enter`
// with one that has come.
template <typename T>
bool edit(std::map<Key, T>& objects, const Key& key, std::optional<T> value, auto leave,
          auto enter) {
  const auto place = objects.find(key);
  if (place == objects.end()) {
    if (!value) return false;
    enter(*objects.emplace(key, std::move(*value)).first);
    return true;
  }
  if (value && *value == place->second) return false;
  leave(*place);
  if (value) {
    place->second = std::move(*value);
    enter(*place);
  } else {
    objects.erase(place);
  }
  return true;
}

}  // namespace

Snapshot snapshot_of(const Cluster& cluster, const CustomResources& given, FromServices from,
                     const mesh::Locality& locality) {
  Generated generated = generate(cluster, from, locality);
  Snapshot snapshot;
  snapshot.diagnostics = std::move(generated.diagnostics);
  std::map<mesh::ServiceId, std::vector<ServicePtr>> claims;
  for (const auto& resources : given) {
    for (const auto& [key, resource] : resources) {
      append(resource.diagnostics, snapshot.diagnostics);
      if (resource.service) claims[resource.service->id()].push_back(resource.service);
      if (resource.generator) snapshot.resources.generators.push_back(resource.generator);
    }
  }
  for (ServicePtr& service : generated.services) claims[service->id()].push_back(service);
  for (const auto& [id, of_id] : claims) {
    Decision decision = decide_name(of_id, cluster, from);
    if (decision.service) snapshot.resources.services.push_back(std::move(decision.service));
    append(decision.diagnostics, snapshot.diagnostics);
  }
  std::ranges::sort(snapshot.resources.generators, {},
                    [](const auto& generator) { return generator->meta.core_name(); });
  sort(snapshot.diagnostics);
  return snapshot;
}

bool ClusterResources::ById::operator()(const ServicePtr& a, const ServicePtr& b) const {
  return compare_ids(*a, *b) < 0;
}

ClusterResources::ClusterResources(FromServices from, mesh::Locality locality)
    : from_(from), locality_(std::move(locality)) {}

void ClusterResources::service_comes_or_goes(const Key& key) {
  changed_services_.insert(key);
  const auto [begin, end] = controller_services_.equal_range(key);
  for (auto at = begin; at != end; ++at) changed_names_.insert(at->second);
}

bool ClusterResources::set(const Key& key, std::optional<Service> service) {
  const auto touch = [&](const auto&) { service_comes_or_goes(key); };
  return edit(cluster_.services, key, std::move(service), touch, touch);
}

void ClusterResources::add_slice(SlicePlace place) {
  const Key service{place->first.name_space, place->second.service};
  changed_services_.insert(service);
  slices_of_service_.emplace(hash_of(service), place);
  for (const PodEndpoint& endpoint : place->second.endpoints) {
    slices_of_pod_.emplace(hash_of(endpoint.pod), place);
  }
}

void ClusterResources::remove_slice(SlicePlace place) {
  const auto remove = [&](auto& index, const Key& key) {
    const auto [begin, end] = index.equal_range(hash_of(key));
    const auto found = std::find_if(begin, end, [&](const auto& e) { return e.second == place; });
    if (found != end) index.erase(found);
  };
  const Key service{place->first.name_space, place->second.service};
  changed_services_.insert(service);
  remove(slices_of_service_, service);
  for (const PodEndpoint& endpoint : place->second.endpoints) remove(slices_of_pod_, endpoint.pod);
}

bool ClusterResources::set(const Key& key, std::optional<EndpointSlice> slice) {
  return edit(
      cluster_.slices, key, std::move(slice), [&](const auto& place) { remove_slice(&place); },
      [&](const auto& place) { add_slice(&place); });
}

bool ClusterResources::set(const Key& key, std::optional<Pod> pod) {
  const auto touch = [&](const auto&) {
    const auto [begin, end] = slices_of_pod_.equal_range(hash_of(key));
    for (auto at = begin; at != end; ++at) {
      const auto& [slice_key, slice] = *at->second;
      changed_services_.insert({slice_key.name_space, slice.service});
    }
  };
  return edit(cluster_.pods, key, std::move(pod), touch, touch);
}

bool ClusterResources::set(const Key& key, std::optional<Namespace> name_space) {
  const auto touch = [&](const auto&) {
    const auto& services = cluster_.services;
    for (auto at = services.lower_bound({key.name, ""});
         at != services.end() && at->first.name_space == key.name; ++at) {
      changed_services_.insert(at->first);
    }
  };
  return edit(cluster_.namespaces, key, std::move(name_space), touch, touch);
}

// Meshes come and go too seldom for an index.
bool ClusterResources::set(const Key& key, std::optional<Mesh> mesh) {
  const auto touch = [&](const auto&) {
    if (!cluster_.meshes_known) return;
    for (const auto& [service_key, service] : cluster_.services) {
      if (mesh_of(service_key, service, cluster_) == key.name) {
        changed_services_.insert(service_key);
      }
    }
  };
  return edit(cluster_.meshes, key, mesh, touch, touch);
}

bool ClusterResources::set_meshes_known(bool known) {
  if (cluster_.meshes_known == known) return false;
  cluster_.meshes_known = known;
  for (const auto& [key, service] : cluster_.services) changed_services_.insert(key);
  return true;
}

bool ClusterResources::set(const CustomId& id, std::optional<CustomResource> resource) {
  return edit(
      given_[static_cast<std::size_t>(id.kind)], id.key, std::move(resource),
      [&](const auto& place) { remove_given(id, place.second); },
      [&](const auto& place) { add_given(id, place.second); });
}

void ClusterResources::add_given(const CustomId& id, const CustomResource& resource) {
  append(resource.diagnostics, changed_diagnostics_.added);
  if (id.kind == CustomKind::HostnameGenerator) changed_generators_.insert(id.key);
  if (!resource.service) return;
  claim(resource.service);
  if (follows_service(resource)) {
    controller_services_.emplace(service_of(*resource.service), resource.service);
  }
}

void ClusterResources::remove_given(const CustomId& id, const CustomResource& resource) {
  append(resource.diagnostics, changed_diagnostics_.removed);
  if (id.kind == CustomKind::HostnameGenerator) changed_generators_.insert(id.key);
  if (!resource.service) return;
  release(resource.service);
  if (!follows_service(resource)) return;
  const auto [begin, end] = controller_services_.equal_range(service_of(*resource.service));
  controller_services_.erase(
      std::find_if(begin, end, [&](const auto& e) { return e.second == resource.service; }));
}

void ClusterResources::claim(const ServicePtr& service) {
  claims_.insert(service);
  changed_names_.insert(service);
}

void ClusterResources::release(const ServicePtr& service) {
  const auto [begin, end] = claims_.equal_range(service);
  claims_.erase(std::find(begin, end, service));
  changed_names_.insert(service);
}

std::vector<const EndpointSlice*> ClusterResources::slices_of(const Key& service) const {
  std::vector<const EndpointSlice*> slices;
  const auto [begin, end] = slices_of_service_.equal_range(hash_of(service));
  for (auto at = begin; at != end; ++at) {
    const auto& [key, slice] = *at->second;
    if (key.name_space == service.name_space && slice.service == service.name) {
      slices.push_back(&slice);
    }
  }
  return slices;
}

void ClusterResources::generate_again(const Key& key) {
  const auto service = cluster_.services.find(key);
  Generated after;
  if (service != cluster_.services.end()) {
    after = generate(key, service->second, slices_of(key), cluster_, from_, locality_);
  }
  auto before = generated_.extract(key);
  if (before) append(before.mapped().diagnostics, changed_diagnostics_.removed);
  append(after.diagnostics, changed_diagnostics_.added);
  replace_generated(before ? std::move(before.mapped().services) : std::vector<ServicePtr>(),
                    after.services);
  if (after.services.empty() && after.diagnostics.empty()) return;
  generated_.emplace(key, std::move(after));
}

// What comes out as before keeps its pointer. REQUIRES: both sorted by id.
void ClusterResources::replace_generated(std::vector<ServicePtr> before,
                                         std::vector<ServicePtr>& after) {
  auto old = before.begin();
  for (ServicePtr& service : after) {
    while (old != before.end() && compare_ids(**old, *service) < 0) release(*old++);
    if (old != before.end() && same(*old, service)) {
      service = *old++;
    } else {
      claim(service);
    }
  }
  while (old != before.end()) release(*old++);
}

void ClusterResources::decide(const ServicePtr& id,
                              std::vector<mesh::Changed<mesh::Service>>& changes) {
  const auto [begin, end] = claims_.equal_range(id);
  const std::vector<ServicePtr> claims(begin, end);
  Decision decision = decide_name(claims, cluster_, from_);
  if (auto conflict = conflicts_.extract(id)) {
    append(conflict.mapped(), changed_diagnostics_.removed);
  }
  if (!decision.diagnostics.empty()) {
    append(decision.diagnostics, changed_diagnostics_.added);
    conflicts_.emplace(id, std::move(decision.diagnostics));
  }
  auto before = services_.extract(id);
  const ServicePtr taken = before ? std::move(before.value()) : nullptr;
  if (decision.service) services_.insert(decision.service);
  if (taken != decision.service) changes.push_back({taken, std::move(decision.service)});
}

void ClusterResources::take_generator(
    const Key& key, std::vector<mesh::Changed<mesh::HostnameGenerator>>& changes) {
  const auto& given = given_[static_cast<std::size_t>(CustomKind::HostnameGenerator)];
  const auto found = given.find(key);
  const GeneratorPtr after = found == given.end() ? nullptr : found->second.generator;
  auto taken = generators_.extract(key);
  const GeneratorPtr before = taken ? std::move(taken.mapped()) : nullptr;
  if (after) generators_.emplace(key, after);
  if (before != after) changes.push_back({before, after});
}

ResourceChanges ClusterResources::take_changes() {
  ResourceChanges changes;
  for (const Key& key : std::exchange(changed_services_, {})) generate_again(key);
  for (const ServicePtr& id : std::exchange(changed_names_, {})) {
    decide(id, changes.resources.services);
  }
  for (const Key& key : std::exchange(changed_generators_, {})) {
    take_generator(key, changes.resources.generators);
  }
  changes.diagnostics = std::exchange(changed_diagnostics_, {});
  diagnostics_.apply(changes.diagnostics);
  return changes;
}

Snapshot ClusterResources::snapshot() const {
  Snapshot snapshot;
  snapshot.resources.services.assign(services_.begin(), services_.end());
  for (const auto& [key, generator] : generators_) {
    snapshot.resources.generators.push_back(generator);
  }
  std::ranges::sort(snapshot.resources.generators, {},
                    [](const auto& generator) { return generator->meta.core_name(); });
  snapshot.diagnostics = diagnostics_.first();
  return snapshot;
}

}  // namespace kubernetes
