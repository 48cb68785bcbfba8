// generate(), followed: the hostnames of all services while services and generators come, go and
// change one by one. At any time the state is what generate() makes of all of them, to the letter
// of each message; a change costs what it changes, not the mesh.
//
// Neither hostnames nor outcomes are stored. Services and generators are immutable and known, so a
// claim to a hostname is (hash of the name, number of the service, slot of the generator), and the
// rest is rendered again when it is asked for. Measured: 49 bytes for a service with one hostname,
// services themselves not counted.
//
// Pure: no I/O, no clock. Owned by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hostname/claimants.h"
#include "hostname/claims.h"
#include "hostname/findings.h"
#include "hostname/first_few.h"
#include "hostname/generator.h"
#include "mesh/change.h"

namespace hostname {

// A hostname that has another owner now, or whose owner is another object now.
struct OwnerChange {
  std::string hostname;
  ServicePointer before;  // null: nobody owned it
  ServicePointer after;   // null: nobody owns it

  const std::string& mesh() const { return (after ? after : before)->meta.mesh; }
};

// What a change of the resources changed here.
struct Update {
  std::vector<OwnerChange> owners;  // each hostname of a mesh once, in no order
  // The services, as they are now, whose outcomes differ, be it in a message. A new service is
  // among them if it has outcomes; a removed one isn't. The index of a generator is no difference.
  std::vector<ServicePointer> outcomes;
  bool generators = false;  // generators() differs
  bool zones = false;       // the set of the generators' DNS zones differs
  mesh::DiagnosticChanges diagnostics;
};

class Names {
 public:
  // As for generate().
  Names(std::string_view local_zone, std::string_view cluster_domain);
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  // A changed service costs the rendering of its names and a search for each. A changed generator
  // costs as much for each service of its kind, and a pass over these. A hostname whose owner
  // changes costs its other claims, as their messages name the owner. Seldom, when more than 1,000
  // removals took the first services from a problem that more have, all services of the kind.
  // Dataplanes are ignored; generators are those after the defaults (see Defaults).
  // REQUIRES: `changes` begin at the state here: what was `before` is the same object.
  Update apply(const mesh::Changes& changes);

  // Hostnames::generators.
  const std::vector<OrderedGenerator>& generators() const { return claimants_.ordered(); }
  // The service's entry in Hostnames::outcomes. REQUIRES: the service is here, the same object.
  std::vector<Outcome> outcomes(const mesh::Service& service) const;
  // Hostnames::diagnostics.
  mesh::Diagnostics diagnostics() const { return diagnostics_.first(); }

  // Null: nobody owns it.
  ServicePointer owner(std::string_view mesh, std::string_view hostname) const;
  // Those that the service owns, in the order of the generators. REQUIRES: as outcomes().
  std::vector<std::string> hostnames(const mesh::Service& service) const;

  // Null: there is no such service.
  ServicePointer find(const mesh::ServiceId& id) const { return claimants_.find(id); }
  std::size_t services() const { return claimants_.size(); }
  // Calls visit(service) for each service, in no order.
  template <typename Visit>
  void visit(Visit visit) const {
    claimants_.visit(visit);
  }

  // The pairs of a service and a generator that made no name, by the reason.
  struct Counts {
    std::size_t collisions = 0;
    std::size_t template_errors = 0;
    std::size_t cluster_domain = 0;
  };
  Counts counts() const;

  std::size_t owned() const { return claims_.owners(); }
  // Calls visit(hostname, service) for each hostname that is owned, in no order.
  template <typename Visit>
  void visit_owned(Visit visit) const {
    std::string buffer;
    claims_.visit_owners([&](const Claim& claim) {
      const ServicePointer& service = claimants_.service(claim.service);
      visit(claimants_.name(claim.rule, *service, buffer).hostname, service);
    });
  }

 private:
  // What became of the services that a generator selects; numbers of services.
  struct Selected {
    std::size_t size = 0;
    std::size_t of_cluster = 0;  // of those in `validity`
    FirstFew<std::uint32_t> evaluation;
    FirstFew<std::uint32_t> validity;
    FirstFew<std::uint32_t> public_name;
    bool changed = true;         // since `reported`
    mesh::Diagnostics reported;  // among diagnostics_
  };
  class Application;

  Outcome outcome(std::uint32_t slot, const mesh::Service& service) const;
  Winner winner(const Claim& owner) const;
  auto by_order() const {
    return [this](std::uint32_t a, std::uint32_t b) { return claimants_.before(a, b); };
  }
  static FirstFew<std::uint32_t>* problem(Selected& selected, Naming::Kind kind);
  void recount(std::uint32_t slot);
  mesh::Diagnostics report_rule(std::uint32_t slot) const;
  mesh::Diagnostics report_collisions() const;
  mesh::Diagnostics report_more() const;

  Claimants claimants_;
  Claims claims_;
  std::vector<Selected> selected_;     // by slot
  mesh::Diagnostics collisions_;       // those among diagnostics_
  mesh::Diagnostics more_collisions_;  // likewise, at most one
  mesh::DiagnosticSet diagnostics_;
};

}  // namespace hostname
