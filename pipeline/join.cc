#include "pipeline/join.h"

#include <algorithm>
#include <utility>

namespace pipeline {
namespace {

std::string identity(const mesh::Service& service) {
  return std::string(mesh::to_string(service.kind)) + '\0' + service.meta.mesh + '\0' +
         service.meta.core_name();
}
template <typename T>
std::string identity(const T& resource) {
  return resource.meta.mesh + '\0' + resource.meta.core_name();
}

std::string described(const mesh::Service& service) {
  return mesh::to_string(service.id());
}
std::string described(const mesh::HostnameGenerator& generator) {
  return "HostnameGenerator " + generator.meta.core_name();
}
std::string described(const mesh::Dataplane& dataplane) {
  return "Dataplane " + dataplane.meta.core_name();
}

template <typename T>
std::size_t first_of(const std::vector<std::shared_ptr<const T>>& versions) {
  const auto found =
      std::ranges::find_if(versions, [](const auto& version) { return version != nullptr; });
  return static_cast<std::size_t>(found - versions.begin());
}

template <typename T>
std::shared_ptr<const T> winner(const std::vector<std::shared_ptr<const T>>& versions) {
  const std::size_t first = first_of(versions);
  return first < versions.size() ? versions[first] : nullptr;
}

}  // namespace

Join::Join(std::vector<std::string> sources) : sources_(std::move(sources)) {}

template <typename T>
void Join::report(const Versions<T>& versions, mesh::Diagnostics& diagnostics) const {
  const std::size_t first = first_of(versions);
  for (std::size_t i = first + 1; i < versions.size(); ++i) {
    if (!versions[i]) continue;
    diagnostics.push_back({mesh::Severity::Warning, versions[i]->meta.position, "",
                           described(*versions[i]) + " is in the source " + sources_[first] +
                               " too, which takes precedence: this version is not used"});
  }
}

template <typename T>
void Join::take(std::size_t source, const std::vector<mesh::Changed<T>>& changes, All<T>& all,
                std::vector<mesh::Changed<T>>& joined, mesh::DiagnosticChanges& diagnostics) {
  for (const mesh::Changed<T>& changed : changes) {
    const auto at = all.try_emplace(identity(changed.either()), sources_.size()).first;
    Versions<T>& versions = at->second;
    const std::shared_ptr<const T> before = winner(versions);
    report(versions, diagnostics.removed);
    versions[source] = changed.after;
    const std::shared_ptr<const T> after = winner(versions);
    report(versions, diagnostics.added);
    if (before != after) joined.push_back({before, after});
    if (!after) all.erase(at);
  }
}

Joined Join::take(std::size_t source, mesh::Changes changes) {
  if (sources_.size() == 1) return {std::move(changes), {}};
  Joined joined;
  take(source, changes.services, services_, joined.changes.services, joined.diagnostics);
  take(source, changes.generators, generators_, joined.changes.generators, joined.diagnostics);
  take(source, changes.dataplanes, dataplanes_, joined.changes.dataplanes, joined.diagnostics);
  return joined;
}

}  // namespace pipeline
