#include "hostname/names.h"

#include <algorithm>
#include <utility>

namespace hostname {

using mesh::HostnameGenerator;
using mesh::Service;

Names::Names(std::string_view local_zone, std::string_view cluster_domain)
    : claimants_({std::string(local_zone), std::string(cluster_domain)}), claims_(claimants_) {}

Winner Names::winner(const Claim& owner) const {
  return {*claimants_.service(owner.service), claimants_.rule(owner.rule).core_name()};
}

Outcome Names::outcome(std::uint32_t slot, const Service& service) const {
  std::string buffer;
  const std::uint32_t generator = claimants_.rank(slot);
  const Naming naming = claimants_.name(slot, service, buffer);
  if (naming.kind != Naming::Kind::Hostname) return refused(generator, naming);
  const Winner winner = this->winner(claims_.owner(Name(service.meta.mesh, naming.hostname)));
  if (&winner.service == &service) return {generator, Reason::Generated, std::move(buffer), ""};
  return collision(generator, naming.hostname, winner);
}

std::vector<Outcome> Names::outcomes(const Service& service) const {
  std::vector<Outcome> outcomes;
  for (const std::uint32_t slot : claimants_.rules_of(service.kind)) {
    if (!selects(claimants_.rule(slot).generator(), service)) continue;
    outcomes.push_back(outcome(slot, service));
  }
  std::ranges::sort(outcomes, {}, [&](const Outcome& outcome) {
    return std::string_view(generators()[outcome.generator].core_name);
  });
  return outcomes;
}

ServicePointer Names::owner(std::string_view mesh, std::string_view hostname) const {
  const Claim owner = claims_.owner(Name(mesh, hostname));
  return owner ? claimants_.service(owner.service) : nullptr;
}

std::vector<std::string> Names::hostnames(const Service& service) const {
  std::vector<std::string> hostnames;
  std::string buffer;
  for (const std::uint32_t slot : claimants_.rules_of(service.kind)) {
    if (!selects(claimants_.rule(slot).generator(), service)) continue;
    const Naming naming = claimants_.name(slot, service, buffer);
    if (naming.kind != Naming::Kind::Hostname) continue;
    const Claim owner = claims_.owner(Name(service.meta.mesh, naming.hostname));
    if (owner.rule != slot || claimants_.service(owner.service).get() != &service) continue;
    hostnames.emplace_back(naming.hostname);
  }
  return hostnames;
}

// Those that the service is one of, by what became of it; null: none.
FirstFew<std::uint32_t>* Names::problem(Selected& selected, Naming::Kind kind) {
  switch (kind) {
    case Naming::Kind::Fails:
      return &selected.evaluation;
    case Naming::Kind::NotValid:
    case Naming::Kind::OfCluster:
      return &selected.validity;
    case Naming::Kind::Hostname:
    case Naming::Kind::NotCompiled:
      break;
  }
  return nullptr;
}

void Names::recount(std::uint32_t slot) {
  Selected& selected = selected_[slot];
  selected.evaluation.clear();
  selected.validity.clear();
  selected.public_name.clear();
  selected.of_cluster = 0;
  const HostnameGenerator& generator = claimants_.rule(slot).generator();
  std::string buffer;
  claimants_.visit(generator.selects, [&](std::uint32_t number, const Service& service) {
    if (!selects(generator, service)) return;
    const Naming naming = claimants_.name(slot, service, buffer);
    if (auto* problem = Names::problem(selected, naming.kind)) problem->add(number, by_order());
    selected.of_cluster += naming.kind == Naming::Kind::OfCluster;
    if (naming.kind != Naming::Kind::Hostname || is_under_private_suffix(naming.hostname)) return;
    const Claim claim{number, slot};
    if (claims_.owner(Name(service.meta.mesh, naming.hostname)) != claim) return;
    selected.public_name.add(number, by_order());
  });
}

mesh::Diagnostics Names::report_rule(std::uint32_t slot) const {
  const Selected& selected = selected_[slot];
  std::string buffer;
  const auto problem = [&](const FirstFew<std::uint32_t>& services) {
    Problem told;
    if (services.size() == 0) return told;
    const Service& first = *claimants_.service(services.first().front());
    const Naming naming = claimants_.name(slot, first, buffer);
    told.add(first, naming.error.empty() ? naming.hostname : naming.error);
    told.services = services.size();
    return told;
  };
  return hostname::report(claimants_.rule(slot),
                          {selected.size, problem(selected.evaluation), problem(selected.validity),
                           problem(selected.public_name)});
}

Names::Counts Names::counts() const {
  Counts counts{.collisions = claims_.collisions().size()};
  for (std::size_t kind = 0; kind < std::size(mesh::kKinds); ++kind) {
    for (const std::uint32_t slot : claimants_.rules_of(mesh::kKinds[kind])) {
      const Selected& selected = selected_[slot];
      if (!claimants_.rule(slot).ordered().compiled) {
        counts.template_errors += selected.size;
        continue;
      }
      counts.template_errors +=
          selected.evaluation.size() + selected.validity.size() - selected.of_cluster;
      counts.cluster_domain += selected.of_cluster;
    }
  }
  return counts;
}

mesh::Diagnostics Names::report_collisions() const {
  mesh::Diagnostics diagnostics;
  std::string buffer;
  for (const Claim& claim : claims_.collisions().first()) {
    if (diagnostics.size() == kMaxCollisionDiagnostics) break;
    const Service& loser = *claimants_.service(claim.service);
    const Naming naming = claimants_.name(claim.rule, loser, buffer);
    const Claim owner = claims_.owner(Name(loser.meta.mesh, naming.hostname));
    diagnostics.push_back(report_collision(loser, claimants_.rule(claim.rule).core_name(),
                                           naming.hostname, winner(owner)));
  }
  return diagnostics;
}

mesh::Diagnostics Names::report_more() const {
  const std::size_t collisions = claims_.collisions().size();
  if (collisions <= kMaxCollisionDiagnostics) return {};
  return {report_more_collisions(collisions - kMaxCollisionDiagnostics)};
}

}  // namespace hostname
