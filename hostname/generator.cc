#include "hostname/generator.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "hostname/findings.h"
#include "hostname/naming.h"

namespace hostname {
namespace {

using mesh::Service;

class Generation {
 public:
  Generation(const mesh::Resources& resources, std::string_view local_zone,
             std::string_view cluster_domain)
      : services_(resources.services),
        where_{std::string(local_zone), std::string(cluster_domain)} {
    for (const auto& generator : resources.generators) rules_.emplace_back(generator);
    std::ranges::sort(rules_, [](const Rule& a, const Rule& b) {
      return claims_before(a.ordered(), b.ordered());
    });
    for (const Rule& rule : rules_) result_.generators.push_back(rule.ordered());
    order_.resize(services_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::ranges::sort(order_, [&](std::uint32_t a, std::uint32_t b) {
      return claims_before(*services_[a], *services_[b]);
    });
    result_.outcomes.resize(services_.size());
  }

  Hostnames run() {
    owners_.reserve(services_.size());
    for (std::uint32_t g = 0; g < rules_.size(); ++g) {
      findings_ = {};
      for (const std::uint32_t s : order_) name(g, s);
      add(report(rules_[g], findings_));
    }
    sort_outcomes();
    report_collisions();
    mesh::sort(result_.diagnostics);
    return std::move(result_);
  }

 private:
  // Who has a hostname, and through which generator.
  struct Owner {
    std::uint32_t service;
    std::uint32_t generator;
  };

  void name(std::uint32_t g, std::uint32_t s);
  Outcome make(std::uint32_t g, const Service& service, std::uint32_t s);
  Outcome claim(std::uint32_t g, std::uint32_t s, std::string_view hostname);
  void add(const mesh::Diagnostics& diagnostics);
  void report_collisions();
  void sort_outcomes();

  const std::vector<std::shared_ptr<const Service>>& services_;
  const Surroundings where_;
  std::vector<Rule> rules_;                        // as Hostnames::generators is ordered
  std::vector<std::uint32_t> order_;               // of services
  std::unordered_map<std::string, Owner> owners_;  // by mesh, NUL, hostname
  Findings findings_;                              // of the rule whose turn it is
  mesh::Diagnostics collisions_;
  std::string buffer_;
  Hostnames result_;
};

void Generation::name(std::uint32_t g, std::uint32_t s) {
  const Service& service = *services_[s];
  if (!selects(rules_[g].generator(), service)) return;
  ++findings_.selected;
  result_.outcomes[s].push_back(make(g, service, s));
}

Outcome Generation::make(std::uint32_t g, const Service& service, std::uint32_t s) {
  const Naming naming = rules_[g].name(service, where_, buffer_);
  switch (naming.kind) {
    case Naming::Kind::Hostname:
      return claim(g, s, naming.hostname);
    case Naming::Kind::Fails:
      findings_.evaluation.add(service, naming.error);
      break;
    case Naming::Kind::NotValid:
    case Naming::Kind::OfCluster:
      findings_.validity.add(service, naming.error);
      break;
    case Naming::Kind::NotCompiled:
      break;
  }
  return refused(g, naming);
}

// The first claim to a hostname wins, whatever the kinds; a service never loses to itself.
Outcome Generation::claim(std::uint32_t g, std::uint32_t s, std::string_view hostname) {
  const Service& service = *services_[s];
  std::string key = service.meta.mesh + '\0';
  const auto [found, added] = owners_.emplace(key.append(hostname), Owner{s, g});
  if (added && !is_under_private_suffix(hostname)) findings_.public_name.add(service, hostname);
  if (added || found->second.service == s) {
    return {g, Reason::Generated, std::string(hostname), ""};
  }
  const Winner winner{*services_[found->second.service],
                      rules_[found->second.generator].core_name()};
  collisions_.push_back(report_collision(service, rules_[g].core_name(), hostname, winner));
  return collision(g, hostname, winner);
}

void Generation::add(const mesh::Diagnostics& diagnostics) {
  result_.diagnostics.insert(result_.diagnostics.end(), diagnostics.begin(), diagnostics.end());
}

void Generation::report_collisions() {
  if (collisions_.size() > kMaxCollisionDiagnostics) {
    const std::size_t more = collisions_.size() - kMaxCollisionDiagnostics;
    collisions_.resize(kMaxCollisionDiagnostics);
    collisions_.push_back(report_more_collisions(more));
  }
  add(collisions_);
}

void Generation::sort_outcomes() {
  for (auto& outcomes : result_.outcomes) {
    std::ranges::sort(outcomes, {}, [&](const Outcome& outcome) {
      return std::string_view(result_.generators[outcome.generator].core_name);
    });
  }
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Generated:
      return "Generated";
    case Reason::Collision:
      return "Collision";
    case Reason::TemplateError:
      return "TemplateError";
    case Reason::ClusterDomain:
      return "ClusterDomain";
  }
  return "";
}

Hostnames generate(const mesh::Resources& resources, std::string_view local_zone,
                   std::string_view cluster_domain) {
  return Generation(resources, local_zone, cluster_domain).run();
}

}  // namespace hostname
