#include "mesh/change.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace mesh {
namespace {

ServiceId identity(const Service& service) {
  return service.id();
}
template <typename T>
std::pair<std::string, std::string> identity(const T& resource) {
  return {resource.meta.mesh, resource.meta.core_name()};
}

template <typename T>
using List = std::vector<std::shared_ptr<const T>>;

template <typename T>
std::vector<Changed<T>> difference(const List<T>& before, const List<T>& after) {
  std::vector<Changed<T>> changes;
  auto b = before.begin();
  auto a = after.begin();
  while (b != before.end() || a != after.end()) {
    if (b != before.end() && a != after.end() && *b == *a) {
      ++b;
      ++a;
      continue;
    }
    const auto order = b == before.end()  ? std::strong_ordering::greater
                       : a == after.end() ? std::strong_ordering::less
                                          : identity(**b) <=> identity(**a);
    changes.push_back({order <= 0 ? *b : nullptr, order >= 0 ? *a : nullptr});
    if (order <= 0) ++b;
    if (order >= 0) ++a;
  }
  return changes;
}

template <typename T>
List<T> applied(const List<T>& resources, std::vector<Changed<T>> changes) {
  std::ranges::sort(changes, {}, [](const auto& changed) { return identity(changed.either()); });
  List<T> result;
  result.reserve(resources.size() + changes.size());
  auto at = resources.begin();
  for (Changed<T>& changed : changes) {
    const auto id = identity(changed.either());
    while (at != resources.end() && identity(**at) < id) result.push_back(*at++);
    if (changed.before) {
      assert(at != resources.end() && *at == changed.before);
      ++at;
    }
    if (changed.after) result.push_back(std::move(changed.after));
  }
  result.insert(result.end(), at, resources.end());
  return result;
}

}  // namespace

Changes difference(const Resources& before, const Resources& after) {
  return {difference(before.services, after.services),
          difference(before.generators, after.generators),
          difference(before.dataplanes, after.dataplanes)};
}

Resources applied(const Resources& resources, const Changes& changes) {
  return {applied(resources.services, changes.services),
          applied(resources.generators, changes.generators),
          applied(resources.dataplanes, changes.dataplanes)};
}

bool DiagnosticSet::Order::operator()(const Diagnostic& a, const Diagnostic& b) const {
  return read_before(a, b);
}

void cancel(DiagnosticChanges& changes) {
  sort(changes.removed);
  sort(changes.added);
  DiagnosticChanges left;
  std::ranges::set_difference(changes.removed, changes.added, std::back_inserter(left.removed),
                              read_before);
  std::ranges::set_difference(changes.added, changes.removed, std::back_inserter(left.added),
                              read_before);
  changes = std::move(left);
}

void DiagnosticSet::apply(DiagnosticChanges& changes) {
  cancel(changes);
  for (const Diagnostic& diagnostic : changes.removed) {
    const auto found = all_.find(diagnostic);
    assert(found != all_.end());
    if (found == all_.end()) continue;
    --counts_[static_cast<std::size_t>(diagnostic.severity)];
    all_.erase(found);
  }
  for (const Diagnostic& diagnostic : changes.added) {
    ++counts_[static_cast<std::size_t>(diagnostic.severity)];
    all_.insert(diagnostic);
  }
}

std::size_t DiagnosticSet::count(Severity severity) const {
  return counts_[static_cast<std::size_t>(severity)];
}

Diagnostics DiagnosticSet::first(std::size_t most) const {
  Diagnostics diagnostics;
  diagnostics.reserve(std::min(most, all_.size()));
  for (auto at = all_.begin(); at != all_.end() && diagnostics.size() < most; ++at) {
    diagnostics.push_back(*at);
  }
  return diagnostics;
}

}  // namespace mesh
