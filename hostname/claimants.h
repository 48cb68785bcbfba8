// Who claims hostnames: the services, by number, and the generators, by slot. Numbers and slots
// stay the same while a service or a generator is known, so that claims are small and stay valid.
//
// Owned by one thread. Internal to the folder.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hostname/hash_table.h"
#include "hostname/naming.h"
#include "mesh/resources.h"

namespace hostname {

using ServicePointer = std::shared_ptr<const mesh::Service>;

// One generator's claim of a hostname for one service. What the hostname is, both know.
struct Claim {
  static constexpr std::uint32_t kNobody = static_cast<std::uint32_t>(-1);
  std::uint32_t service = kNobody;  // number
  std::uint32_t rule = 0;           // slot

  explicit operator bool() const { return service != kNobody; }
  friend bool operator==(const Claim&, const Claim&) = default;
};

class Claimants {
 public:
  explicit Claimants(Surroundings where) : where_(std::move(where)) {}

  // The service's number. A new service has none of its own before it enters.
  std::uint32_t enter(ServicePointer service);
  void enter(std::uint32_t number, ServicePointer service);  // in the place of one that left
  // The service is gone, its number still its own. REQUIRES: it is known, the same object.
  std::uint32_t leave(const mesh::Service& service);
  void release(std::uint32_t number);  // of one that left: the number may be another's

  // Null for one that left.
  const ServicePointer& service(std::uint32_t number) const {
    return services_[number % kKinds][number / kKinds];
  }
  // REQUIRES: the service is known, the same object.
  std::uint32_t number(const mesh::Service& service) const;
  // Null: there is no such service.
  ServicePointer find(const mesh::ServiceId& id) const;
  std::size_t size() const { return numbers_.size(); }

  // Calls visit(number, service) for every service of a kind.
  template <typename Visit>
  void visit(mesh::Kind kind, Visit visit) const {
    std::uint32_t number = static_cast<std::uint32_t>(kind);
    for (const ServicePointer& service : services_[number]) {
      if (service) visit(number, *service);
      number += kKinds;
    }
  }

  // Calls visit(service) for every service.
  template <typename Visit>
  void visit(Visit visit) const {
    for (const auto& services : services_) {
      for (const ServicePointer& service : services) {
        if (service) visit(service);
      }
    }
  }

  // Rules come and go by slot; order() then puts those that are there in their order.
  std::uint32_t add(Rule rule);
  void remove(std::uint32_t slot) { rules_[slot] = nullptr; }
  void replace(std::uint32_t slot, Rule rule);  // by one that makes the same claims
  void order();

  const Rule& rule(std::uint32_t slot) const { return *rules_[slot]; }
  // The slot of a generator. REQUIRES: it is known, the same object.
  std::uint32_t slot(const mesh::HostnameGenerator& generator) const;
  // In the order of claims; and the place in it.
  const std::vector<OrderedGenerator>& ordered() const { return ordered_; }
  std::uint32_t rank(std::uint32_t slot) const { return ranks_[slot]; }
  // The slots of the rules for a kind, in the order of claims.
  const std::vector<std::uint32_t>& rules_of(mesh::Kind kind) const {
    return by_kind_[static_cast<std::size_t>(kind)];
  }

  // What the rule makes of the service, in `buffer`.
  Naming name(std::uint32_t slot, const mesh::Service& service, std::string& buffer) const {
    return rules_[slot]->name(service, where_, buffer);
  }

  // The order of claims; of services by number.
  bool before(std::uint32_t a, std::uint32_t b) const {
    return claims_before(*service(a), *service(b));
  }
  bool before(const Claim& a, const Claim& b) const {
    return a.rule != b.rule ? ranks_[a.rule] < ranks_[b.rule] : before(a.service, b.service);
  }

 private:
  static constexpr std::uint32_t kKinds = std::size(mesh::kKinds);
  // Of a service, in a HashTable.
  struct Number {
    std::uint32_t value = Claim::kNobody;
    friend bool operator==(const Number&, const Number&) = default;
  };

  const Surroundings where_;
  std::array<std::deque<ServicePointer>, kKinds> services_;  // number / kKinds in that of the kind
  std::array<std::vector<std::uint32_t>, kKinds> free_;      // numbers
  HashTable<Number> numbers_{256};                           // by the service's identity
  std::vector<std::unique_ptr<const Rule>> rules_;           // by slot; null: the slot is free
  std::vector<std::uint32_t> ranks_;                         // by slot
  std::vector<OrderedGenerator> ordered_;
  std::array<std::vector<std::uint32_t>, kKinds> by_kind_;
};

}  // namespace hostname
