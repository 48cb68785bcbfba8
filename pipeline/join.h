// How the resources of several sources become one set.
//
// The rule: sources have an order, and a resource that several of them have is the first source's;
// the others' versions are warned of and not used. What the first one no longer has is the next
// one's. Nothing is merged inside a resource. In `serve` the order is: a cluster, then files, since
// what is written in the cluster is seen by everybody in it.
//
// Owned by one thread. A change costs what it changes.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/change.h"

namespace pipeline {

struct Joined {
  mesh::Changes changes;
  mesh::DiagnosticChanges diagnostics;
};

class Join {
 public:
  // The names of the sources, in order of precedence.
  explicit Join(std::vector<std::string> sources);

  // What changes in the whole when this changes in the source of that number.
  Joined take(std::size_t source, mesh::Changes changes);

 private:
  // The versions of one resource, by source; null where a source has none.
  template <typename T>
  using Versions = std::vector<std::shared_ptr<const T>>;
  template <typename T>
  using All = std::unordered_map<std::string, Versions<T>>;

  template <typename T>
  void take(std::size_t source, const std::vector<mesh::Changed<T>>& changes, All<T>& all,
            std::vector<mesh::Changed<T>>& joined, mesh::DiagnosticChanges& diagnostics);
  template <typename T>
  void report(const Versions<T>& versions, mesh::Diagnostics& diagnostics) const;

  const std::vector<std::string> sources_;
  All<mesh::Service> services_;
  All<mesh::HostnameGenerator> generators_;
  All<mesh::Dataplane> dataplanes_;
};

}  // namespace pipeline
