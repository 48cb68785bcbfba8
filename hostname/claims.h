// Who owns each hostname, and who else claims it.
//
// No hostname is stored: an owner is 12 bytes in a hash table, and its hostname is rendered again
// where two share a hash. The claims that lost are a set beside it: there are few of them, and
// 100,000 for one hostname are no slower than one.
//
// Owned by one thread. Internal to the folder.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "hostname/claimants.h"
#include "hostname/first_few.h"
#include "hostname/hash_table.h"

namespace hostname {

// A hostname of a mesh, with its hash.
struct Name {
  Name(std::string_view mesh, std::string_view hostname);

  std::string_view mesh;
  std::string_view hostname;
  std::uint32_t hash;
};

// From one owner to the next.
struct Passage {
  Claim before;
  Claim after;
};

class Claims {
 public:
  // `claimants` outlives the Claims, and knows the service and the rule of each claim as long as
  // it is here.
  explicit Claims(const Claimants& claimants) : claimants_(claimants), others_(Order{claimants}) {}
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  // Both answer who owned the name before, and who owns it now.
  Passage add(const Claim& claim, const Name& name);
  Passage remove(const Claim& claim, const Name& name);

  // Nobody, or the owner.
  Claim owner(const Name& name) const;
  std::size_t owners() const { return owners_.size(); }
  template <typename Visit>
  void visit_owners(Visit visit) const {
    owners_.visit(visit);
  }

  // The claims of a name besides its owner's, in order. Those of the owner's service are among
  // them.
  template <typename Visit>
  void visit_others(const Name& name, Visit visit) const {
    const auto [begin, end] = others_.equal_range(name.hash);
    for (auto other = begin; other != end; ++other) {
      if (has(other->claim, name)) visit(other->claim);
    }
  }

  // The claims that lost to another service: the first of them, and their number.
  const FirstFew<Claim>& collisions() const { return collisions_; }
  // REQUIRES: collisions().lacks(): all of them are looked at.
  void find_collisions();
  // True if one of the first kMaxCollisionDiagnostics came, went, or got another winner since the
  // last call.
  bool take_first_changed() { return std::exchange(first_changed_, false); }

 private:
  struct Other {
    std::uint32_t hash;
    Claim claim;
  };
  struct Order {
    using is_transparent = void;
    bool operator()(const Other& a, const Other& b) const {
      return a.hash != b.hash ? a.hash < b.hash : claimants.before(a.claim, b.claim);
    }
    bool operator()(const Other& a, std::uint32_t hash) const { return a.hash < hash; }
    bool operator()(std::uint32_t hash, const Other& b) const { return hash < b.hash; }
    const Claimants& claimants;
  };

  bool has(const Claim& claim, const Name& name) const;
  Claim first_other(const Name& name) const;
  void begin_ownership(const Claim& owner, const Name& name);
  void end_ownership(const Claim& owner, const Name& name);
  template <typename Visit>
  void visit_own_others(const Claim& owner, const Name& name, Visit visit) const;
  void collide(const Claim& claim);
  void no_longer_collide(const Claim& claim);
  void note_if_first(const Claim& claim);

  const Claimants& claimants_;
  HashTable<Claim> owners_{256};
  std::set<Other, Order> others_;
  FirstFew<Claim> collisions_;  // those of others_ whose service isn't the owner's
  bool first_changed_ = false;
  mutable std::string buffer_;
};

}  // namespace hostname
