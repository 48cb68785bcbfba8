#include "hostname/claimants.h"

#include <algorithm>
#include <cassert>

namespace hostname {
namespace {

// FNV-1a over the parts of an identity; its upper half, which depends on all of them.
class Hash {
 public:
  explicit Hash(mesh::Kind kind) { add(static_cast<char>(kind)); }
  void add(char c) { hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u; }
  void add(std::string_view text) {
    for (const char c : text) add(c);
  }
  std::uint32_t value() const {
    return static_cast<std::uint32_t>((hash_ * 0x9e3779b97f4a7c15u) >> 32);
  }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

std::uint32_t hash_of(const mesh::Service& service) {
  Hash hash(service.kind);
  hash.add(service.meta.mesh);
  hash.add('\0');
  hash.add(service.meta.name);
  if (!service.meta.name_space.empty()) {
    hash.add('.');
    hash.add(service.meta.name_space);
  }
  return hash.value();
}

std::uint32_t hash_of(const mesh::ServiceId& id) {
  Hash hash(id.kind);
  hash.add(id.mesh);
  hash.add('\0');
  hash.add(id.name);
  return hash.value();
}

bool is(const mesh::Service& service, const mesh::ServiceId& id) {
  return service.kind == id.kind && service.meta.mesh == id.mesh &&
         (service.meta.name_space.empty() ? service.meta.name == id.name
                                          : service.meta.core_name() == id.name);
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

ServicePointer Claimants::find(const mesh::ServiceId& id) const {
  const Number* found =
      numbers_.find(hash_of(id), [&](Number number) { return is(*service(number.value), id); });
  return found == nullptr ? nullptr : service(found->value);
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
