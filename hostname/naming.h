// What one generator makes of one service while no other claim is looked at, and who claims before
// whom: what generate() and Names have in common. Internal to the folder.
//
// A Rule is immutable: share it between threads.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hostname/generator.h"
#include "hostname/template.h"
#include "mesh/resources.h"

namespace hostname {

// The order of claims: that of their generators, then that of their services. Those of the zone
// first, then by age, then by name; a resource without a creation time counts as oldest.
bool claims_before(const OrderedGenerator& a, const OrderedGenerator& b);
bool claims_before(const mesh::Service& a, const mesh::Service& b);

// As core_name() compares, without making one.
std::strong_ordering compare_core_names(const mesh::Meta& a, const mesh::Meta& b);

// Where the services are named.
struct Surroundings {
  std::string local_zone;      // .Zone of a service without the label kuma.io/zone
  std::string cluster_domain;  // names within it belong to the cluster's DNS; may be empty
};

// The name that a service may claim, or why it may claim none.
struct Naming {
  enum class Kind : std::uint8_t { Hostname, NotCompiled, Fails, NotValid, OfCluster };
  Kind kind = Kind::Hostname;
  std::string_view hostname;  // of Hostname and OfCluster; lives as long as the caller's buffer
  std::string error;          // of all others and OfCluster
};

// What becomes of a service that may claim no name. REQUIRES: not Hostname.
Outcome refused(std::uint32_t generator, const Naming& naming);

// True if the generator names this service, or fails to.
bool selects(const mesh::HostnameGenerator& generator, const mesh::Service& service);

// A generator, compiled.
class Rule {
 public:
  explicit Rule(std::shared_ptr<const mesh::HostnameGenerator> generator);

  const OrderedGenerator& ordered() const { return ordered_; }
  const mesh::HostnameGenerator& generator() const { return *ordered_.generator; }
  const std::string& core_name() const { return ordered_.core_name; }
  const std::string& why_not_compiled() const { return why_not_compiled_; }

  // REQUIRES: selects(generator(), service). The hostname is made in `buffer`.
  Naming name(const mesh::Service& service, const Surroundings& where, std::string& buffer) const;

 private:
  OrderedGenerator ordered_;
  std::optional<Template> template_;  // none: it doesn't compile
  std::string why_not_compiled_;
};

}  // namespace hostname
