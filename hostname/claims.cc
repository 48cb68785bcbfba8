#include "hostname/claims.h"

#include <cassert>
#include <functional>
#include <span>

#include "hostname/findings.h"

namespace hostname {

Name::Name(std::string_view of_mesh, std::string_view text) : mesh(of_mesh), hostname(text) {
  const std::hash<std::string_view> hash_of;
  const std::uint64_t both = std::uint64_t{hash_of(mesh)} * 0x9e3779b97f4a7c15u + hash_of(text);
  hash = static_cast<std::uint32_t>((both * 0x9e3779b97f4a7c15u) >> 32);
}

// True if the claim is to this very name, and not to another of the same hash.
bool Claims::has(const Claim& claim, const Name& name) const {
  const mesh::Service& service = *claimants_.service(claim.service);
  return service.meta.mesh == name.mesh &&
         claimants_.name(claim.rule, service, buffer_).hostname == name.hostname;
}

Claim Claims::owner(const Name& name) const {
  const Claim* found =
      owners_.find(name.hash, [&](const Claim& claim) { return has(claim, name); });
  return found == nullptr ? Claim() : *found;
}

Claim Claims::first_other(const Name& name) const {
  const auto [begin, end] = others_.equal_range(name.hash);
  for (auto other = begin; other != end; ++other) {
    if (has(other->claim, name)) return other->claim;
  }
  return {};
}

void Claims::collide(const Claim& claim) {
  collisions_.add(claim, [&](const Claim& a, const Claim& b) { return claimants_.before(a, b); });
  note_if_first(claim);
}

void Claims::no_longer_collide(const Claim& claim) {
  note_if_first(claim);
  collisions_.remove(claim,
                     [&](const Claim& a, const Claim& b) { return claimants_.before(a, b); });
}

// An owner's claim is before those that lose to it, and so is the next owner's. So where the winner
// of one of the first changes, one of the first comes or goes.
void Claims::note_if_first(const Claim& claim) {
  const std::span<const Claim> first = collisions_.first();
  if (first.size() < kMaxCollisionDiagnostics ||
      !claimants_.before(first[kMaxCollisionDiagnostics - 1], claim)) {
    first_changed_ = true;
  }
}

// The claims of the owner's service to the same name through other generators.
template <typename Visit>
void Claims::visit_own_others(const Claim& owner, const Name& name, Visit visit) const {
  if (!others_.contains(name.hash)) return;
  const mesh::Service& service = *claimants_.service(owner.service);
  for (const std::uint32_t slot : claimants_.rules_of(service.kind)) {
    const Claim claim{owner.service, slot};
    if (claim != owner && others_.contains(Other{name.hash, claim}) && has(claim, name)) {
      visit(claim);
    }
  }
}

// A service never loses to itself.
void Claims::begin_ownership(const Claim& owner, const Name& name) {
  visit_own_others(owner, name, [&](const Claim& own) { no_longer_collide(own); });
}
void Claims::end_ownership(const Claim& owner, const Name& name) {
  visit_own_others(owner, name, [&](const Claim& own) { collide(own); });
}

Passage Claims::add(const Claim& claim, const Name& name) {
  Claim* owner = owners_.find(name.hash, [&](const Claim& each) { return has(each, name); });
  if (owner == nullptr) {
    owners_.insert(name.hash, claim);
    return {{}, claim};
  }
  const Claim before = *owner;
  Claim loser = claim;
  if (claimants_.before(claim, before)) {
    end_ownership(before, name);
    *owner = claim;
    begin_ownership(claim, name);
    loser = before;
  }
  others_.insert({name.hash, loser});
  if (loser.service != owner->service) collide(loser);
  return {before, *owner};
}

Passage Claims::remove(const Claim& claim, const Name& name) {
  Claim* owner =
      owners_.find(name.hash, [&](const Claim& each) { return each == claim || has(each, name); });
  assert(owner != nullptr);
  const Claim before = *owner;
  if (before != claim) {
    others_.erase(Other{name.hash, claim});
    if (claim.service != before.service) no_longer_collide(claim);
    return {before, before};
  }
  end_ownership(before, name);
  const Claim next = first_other(name);
  if (!next) {
    owners_.erase(name.hash, [&](const Claim& each) { return each == claim; });
    return {before, {}};
  }
  others_.erase(Other{name.hash, next});
  no_longer_collide(next);
  *owner = next;
  begin_ownership(next, name);
  return {before, next};
}

void Claims::find_collisions() {
  collisions_.clear();
  std::string hostname;
  for (const Other& other : others_) {
    const mesh::Service& service = *claimants_.service(other.claim.service);
    const Naming naming = claimants_.name(other.claim.rule, service, hostname);
    const Name name(service.meta.mesh, naming.hostname);
    if (owner(name).service != other.claim.service) collide(other.claim);
  }
}

}  // namespace hostname
