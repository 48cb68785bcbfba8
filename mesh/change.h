// What differs between two states of the resources, and of what is wrong with them: what each stage
// of the build is given and passes on, so that its work follows the change and not the mesh.
//
// Plain values.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace mesh {

// One resource in two states. Both have the same identity, and at least one of them is there.
template <typename T>
struct Changed {
  std::shared_ptr<const T> before;  // null: it was added
  std::shared_ptr<const T> after;   // null: it was removed

  const T& either() const { return after ? *after : *before; }
};

// No identity occurs twice in a list: of a service its id(), of the others (mesh, core name).
struct Changes {
  std::vector<Changed<Service>> services;
  std::vector<Changed<HostnameGenerator>> generators;
  std::vector<Changed<Dataplane>> dataplanes;

  bool empty() const { return services.empty() && generators.empty() && dataplanes.empty(); }
};

// What leads from one state to another. Resources that both share (the same pointer) are unchanged;
// others of one identity are changed, whether or not they are equal. Work follows the mesh: for
// sources that know their state only as a whole, and for tests.
// REQUIRES: both sorted by identity, no identity twice.
Changes difference(const Resources& before, const Resources& after);

// The state behind `changes`, sorted by identity. REQUIRES: `changes` begin at `resources`.
Resources applied(const Resources& resources, const Changes& changes);

// What a stage no longer reports, and what it reports now. One that is in both is no change.
struct DiagnosticChanges {
  Diagnostics removed;
  Diagnostics added;

  bool empty() const { return removed.empty() && added.empty(); }
};

// Sorts both lists, and leaves out what is in both.
void cancel(DiagnosticChanges& changes);

// Diagnostics in the order in which people read them, changed a few at a time. A diagnostic that
// several stages report is there as often.
class DiagnosticSet {
 public:
  // Leaves out of `changes` what is in both of its lists. REQUIRES: what is removed is there.
  void apply(DiagnosticChanges& changes);

  std::size_t size() const { return all_.size(); }
  std::size_t count(Severity severity) const;
  // The first `most`, in order.
  Diagnostics first(std::size_t most = static_cast<std::size_t>(-1)) const;

 private:
  struct Order {
    bool operator()(const Diagnostic& a, const Diagnostic& b) const;
  };
  std::multiset<Diagnostic, Order> all_;
  std::size_t counts_[3] = {};  // by severity
};

}  // namespace mesh
