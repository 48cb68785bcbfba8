#include "hostname/claimants.h"

#include <algorithm>
#include <cassert>

namespace hostname {
namespace {

std::uint32_t hash_of(const mesh::Service& service) {
  const auto address = reinterpret_cast<std::uintptr_t>(&service);
  // Addresses differ in their lower half; the upper half of the product depends on all of it.
  return static_cast<std::uint32_t>((std::uint64_t{address} * 0x9e3779b97f4a7c15u) >> 32);
}

}  // namespace

std::uint32_t Claimants::enter(ServicePointer service) {
  const auto kind = static_cast<std::uint32_t>(service->kind);
  std::uint32_t number = 0;
  if (free_[kind].empty()) {
    number = static_cast<std::uint32_t>(services_[kind].size()) * kKinds + kind;
    services_[kind].emplace_back();
  } else {
    number = free_[kind].back();
    free_[kind].pop_back();
  }
  enter(number, std::move(service));
  return number;
}

void Claimants::enter(std::uint32_t number, ServicePointer service) {
  numbers_.insert(hash_of(*service), {number});
  services_[number % kKinds][number / kKinds] = std::move(service);
}

std::uint32_t Claimants::number(const mesh::Service& service) const {
  const Number* found = numbers_.find(hash_of(service), [&](Number number) {
    return this->service(number.value).get() == &service;
  });
  assert(found != nullptr);
  return found->value;
}

std::uint32_t Claimants::leave(const mesh::Service& service) {
  const std::uint32_t number = this->number(service);
  numbers_.erase(hash_of(service), [&](Number each) { return each.value == number; });
  services_[number % kKinds][number / kKinds] = nullptr;
  return number;
}

void Claimants::release(std::uint32_t number) {
  free_[number % kKinds].push_back(number);
}

std::uint32_t Claimants::add(Rule rule) {
  const auto free = std::ranges::find_if(rules_, [](const auto& each) { return !each; });
  const auto slot = static_cast<std::uint32_t>(free - rules_.begin());
  if (free == rules_.end()) rules_.emplace_back();
  rules_[slot] = std::make_unique<const Rule>(std::move(rule));
  return slot;
}

void Claimants::replace(std::uint32_t slot, Rule rule) {
  rules_[slot] = std::make_unique<const Rule>(std::move(rule));
}

std::uint32_t Claimants::slot(const mesh::HostnameGenerator& generator) const {
  const auto found = std::ranges::find_if(rules_, [&](const auto& rule) {
    return rule != nullptr && &rule->generator() == &generator;
  });
  assert(found != rules_.end());
  return static_cast<std::uint32_t>(found - rules_.begin());
}

// Generators are few, and change seldom. Those that stay keep their order among themselves.
void Claimants::order() {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < rules_.size(); ++slot) {
    if (rules_[slot]) slots.push_back(slot);
  }
  std::ranges::sort(slots, [&](std::uint32_t a, std::uint32_t b) {
    return claims_before(rules_[a]->ordered(), rules_[b]->ordered());
  });
  ranks_.resize(rules_.size());
  ordered_.clear();
  for (auto& list : by_kind_) list.clear();
  for (const std::uint32_t slot : slots) {
    ranks_[slot] = static_cast<std::uint32_t>(ordered_.size());
    ordered_.push_back(rules_[slot]->ordered());
    by_kind_[static_cast<std::size_t>(rules_[slot]->generator().selects)].push_back(slot);
  }
}

}  // namespace hostname
