#include "mesh/matching.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

namespace mesh {
namespace {

std::uint64_t owner_key(std::string_view mesh, const Labels::Pair& pair) {
  return hash_of('s', mesh, pair.first, pair.second);
}

std::uint64_t owner_key(const Service& service) {
  const Labels& match = service.selector.match;
  if (match.empty()) return hash_of('-', service.meta.mesh, service.meta.name);
  return owner_key(service.meta.mesh, telling_pair(match));
}

bool same(const Port& a, const Port& b) {
  return a.port == b.port && a.target == b.target && a.name == b.name;
}

// Whether both ask for the same Dataplanes and ports, so that what differs between them makes no
// difference here but to whom they are members of.
bool same_question(const Service& a, const Service& b) {
  return a.kind == b.kind && a.selector.by == b.selector.by && a.selector.name == b.selector.name &&
         a.selector.match == b.selector.match && std::ranges::equal(a.ports, b.ports, same) &&
         a.kind != Kind::MeshExternalService;
}

bool same(const Endpoint& a, const Endpoint& b) {
  const auto owner = [](const Endpoint& endpoint) {
    return endpoint.dataplane ? endpoint.dataplane->meta.core_name() : std::string();
  };
  return a.address == b.address && a.port == b.port && a.healthy == b.healthy &&
         a.priority == b.priority && a.weight == b.weight && owner(a) == owner(b);
}

bool same(std::span<const Endpoint> a, std::span<const Endpoint> b) {
  return std::ranges::equal(a, b, [](const Endpoint& x, const Endpoint& y) { return same(x, y); });
}

bool same(const Endpoints& a, const Endpoints& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return same(x, y); });
}

// What status.meshServices shows of it.
bool same_member(const Service& a, const Service& b) {
  const auto same_label = [&](std::string_view key) {
    return a.meta.labels.get_or_empty(key) == b.meta.labels.get_or_empty(key);
  };
  return a.meta.display_name() == b.meta.display_name() && same_label(label::kNamespace) &&
         same_label(label::kZone);
}

bool same_members(std::span<const Service* const> a, std::span<const Service* const> b) {
  return std::ranges::equal(a, b, [](const Service* x, const Service* y) {
    return x->meta.core_name() == y->meta.core_name() && same_member(*x, *y);
  });
}

bool has_named_target(const Service& service) {
  return std::ranges::any_of(service.ports, [](const Port& port) {
    return std::holds_alternative<std::string>(port.target);
  });
}

// Whether the parts that a member has in a MeshMultiZoneService are the same, priority left out.
bool same_part(const Service& owner, const Service& a, const Endpoints& of_a, const Service& b,
               const Endpoints& of_b) {
  const auto of_port = [](const Service& member, const Endpoints& all, std::string_view name) {
    const Port* port = find_port(member, name);
    return port == nullptr ? std::span<const Endpoint>()
                           : all[static_cast<std::size_t>(port - member.ports.data())];
  };
  return std::ranges::all_of(owner.ports, [&](const Port& port) {
    return same(of_port(a, of_a, port.name), of_port(b, of_b, port.name));
  });
}

struct ByName {
  bool operator()(const Service* a, const Service* b) const {
    return a->meta.core_name() < b->meta.core_name();
  }
};

}  // namespace

// One change, from the state before to the one behind it. Before anything is touched it computes
// what the services had that ask another question now; then it brings the tables up to date, and
// holds each Dataplane against the services that stay.
class Matching::Update {
 public:
  Update(Matching& state, const Changes& changes) : state_(state), changes_(changes) {}

  MatchingChange run() {
    for (const auto& changed : changes_.services) note(changed);
    leave();
    for (const auto& changed : changes_.services) stay(changed);
    for (const auto& changed : changes_.dataplanes) compare(changed);
    state_.dataplanes_.apply(changes_.dataplanes);
    enter();
    for (const auto& changed : changes_.services) move_member(changed);
    fill_entered();
    for (const auto& changed : changes_.services) compare(changed);
    mark_differing();
    report_members();
    sort_out(recheck_);
    for (const Service* service : recheck_) check_ports(*service);
    sort_out(change_.services);
    return std::move(change_);
  }

 private:
  // What a service had that asks another question now.
  struct Before {
    Endpoints endpoints;
    Proxies proxies;
    std::vector<const Service*> members;
  };
  // What Dataplanes that changed make of a service that stays.
  struct Delta {
    int total = 0;
    int healthy = 0;
    std::vector<bool> ports;  // those with other endpoints
  };

  static bool stays(const Changed<Service>& changed) {
    return changed.before && changed.after && same_question(*changed.before, *changed.after);
  }

  static void sort_out(std::vector<const Service*>& services) {
    std::ranges::sort(services);
    services.erase(std::unique(services.begin(), services.end()), services.end());
  }

  void mark(const Service& service) { change_.services.push_back(&service); }

  void note(const Changed<Service>& changed) {
    if (!changed.before) return;
    const Service& service = *changed.before;
    if (const auto found = state_.warnings_.find(&service); found != state_.warnings_.end()) {
      std::ranges::move(found->second, std::back_inserter(change_.diagnostics.removed));
      state_.warnings_.erase(found);
    }
    const auto members = state_.members(service);
    if (service.kind == Kind::MeshMultiZoneService && members.empty()) {
      change_.diagnostics.removed.push_back(no_members(service));
    }
    if (!changed.after || stays(changed)) return;
    before_[&service] = {
        state_.endpoints(service), state_.proxies(service), {members.begin(), members.end()}};
  }

  // Takes what was there before out of the tables, the last first.
  void leave() {
    for (auto at = changes_.services.rbegin(); at != changes_.services.rend(); ++at) {
      if (!at->before) continue;
      const Service& service = *at->before;
      if (service.kind == Kind::MeshService) {
        state_.mesh_services_.erase(key_of(service), &service);
      } else if (service.kind == Kind::MeshMultiZoneService) {
        state_.multi_zone_.erase(owner_key(service), &service);
      }
    }
  }

  void put(const Service& service) {
    if (service.kind == Kind::MeshService) {
      state_.mesh_services_.insert(key_of(service), &service);
      if (has_named_target(service)) recheck_.push_back(&service);
    } else if (service.kind == Kind::MeshMultiZoneService) {
      state_.multi_zone_.insert(owner_key(service), &service);
    }
  }

  // A service that asks the same as before takes its own place.
  void stay(const Changed<Service>& changed) {
    if (!stays(changed)) return;
    put(*changed.after);
    if (changed.after->kind != Kind::MeshMultiZoneService) return;
    auto node = state_.members_.extract(changed.before.get());
    node.key() = changed.after.get();
    state_.members_.insert(std::move(node));
    fresh_.insert(changed.after.get());
  }

  void enter() {
    state_.mesh_services_.reserve(changes_.services.size());
    for (const auto& changed : changes_.services) {
      if (stays(changed)) continue;
      if (changed.before) state_.members_.erase(changed.before.get());
      if (!changed.after) continue;
      put(*changed.after);
      if (changed.after->kind == Kind::MeshMultiZoneService) entered_.insert(changed.after.get());
    }
  }

  // Holds a Dataplane that changed against the services that stay as they are.
  void compare(const Changed<Dataplane>& changed) {
    std::vector<const Service*> services;
    for (const auto& dataplane : {changed.before, changed.after}) {
      if (!dataplane) continue;
      for (const std::uint64_t key : keys_of(*dataplane)) {
        state_.mesh_services_.each(key, [&](const Service& each) { services.push_back(&each); });
      }
    }
    sort_out(services);
    for (const Service* service : services) compare(*service, changed);
  }

  void compare(const Service& service, const Changed<Dataplane>& changed) {
    const auto selected = [&](const std::shared_ptr<const Dataplane>& dataplane) {
      return dataplane && selects(service, *dataplane) ? dataplane : nullptr;
    };
    const auto before = selected(changed.before);
    const auto after = selected(changed.after);
    if (!before && !after) return;
    if (has_named_target(service)) recheck_.push_back(&service);
    Delta& delta = deltas_[&service];
    if (before) count(service, *before, -1, delta);
    if (after) count(service, *after, 1, delta);
    delta.ports.resize(service.ports.size());
    for (std::size_t i = 0; i < delta.ports.size(); ++i) {
      std::vector<Endpoint> was;
      std::vector<Endpoint> is;
      if (before) add_endpoints(service.ports[i], before, was);
      if (after) add_endpoints(service.ports[i], after, is);
      if (!same(was, is)) delta.ports[i] = true;
    }
  }

  static void count(const Service& service, const Dataplane& dataplane, int sign, Delta& delta) {
    if (dataplane.inbounds.empty()) return;
    delta.total += sign;
    if (is_healthy(service, dataplane)) delta.healthy += sign;
  }

  void mark_differing() {
    for (const auto& [service, delta] : deltas_) {
      const bool ports = std::ranges::find(delta.ports, true) != delta.ports.end();
      if (ports || delta.total != 0 || delta.healthy != 0) mark(*service);
      if (!ports) continue;
      for (const Service* owner : owners_of(*service)) {
        const auto differs = [&, &of = delta.ports, own_service = service](const Port& port) {
          const Port* own = find_port(*own_service, port.name);
          return own != nullptr && of[static_cast<std::size_t>(own - own_service->ports.data())];
        };
        if (std::ranges::any_of(owner->ports, differs)) mark(*owner);
      }
    }
  }

  // A service that is new or asks another question, against what it had.
  void compare(const Changed<Service>& changed) {
    if (!changed.after || stays(changed)) return;
    const Service& service = *changed.after;
    const auto found = before_.find(changed.before.get());
    static const Before kNew;
    const Before& before = found == before_.end() ? kNew : found->second;
    const bool nothing = !changed.before && service.kind == Kind::MeshService &&
                         state_.dataplanes_.candidates(service).empty();
    if (nothing) return;
    const Endpoints after = state_.endpoints(service);
    const bool same_endpoints = changed.before
                                    ? same(before.endpoints, after)
                                    : std::ranges::all_of(after, &std::vector<Endpoint>::empty);
    if (!same_endpoints || before.proxies != state_.proxies(service) ||
        !same_members(before.members, state_.members(service))) {
      mark(service);
    }
  }

  // The MeshMultiZoneServices of the table that the service is a member of.
  std::vector<const Service*> owners_of(const Service& service) const {
    std::vector<const Service*> owners;
    if (state_.multi_zone_.size() == 0 || service.kind != Kind::MeshService) return owners;
    for (const Labels::Pair& pair : service.meta.labels.pairs()) {
      state_.multi_zone_.each(owner_key(service.meta.mesh, pair), [&](const Service& owner) {
        if (is_member(owner, service)) owners.push_back(&owner);
      });
    }
    sort_out(owners);
    return owners;
  }

  // Brings the members up to date of those MeshMultiZoneServices that stay as they are.
  void move_member(const Changed<Service>& changed) {
    if (state_.multi_zone_.size() == 0) return;
    const auto were = changed.before ? owners_of(*changed.before) : std::vector<const Service*>();
    const auto are = changed.after ? owners_of(*changed.after) : std::vector<const Service*>();
    std::vector<const Service*> owners;
    std::ranges::set_union(were, are, std::back_inserter(owners));
    for (const Service* owner : owners) {
      if (entered_.contains(owner)) continue;
      const bool was = std::ranges::binary_search(were, owner);
      const bool is = std::ranges::binary_search(are, owner);
      auto& members = state_.members_[owner];
      touched_.emplace(owner, members.empty());
      const Service* of = was ? changed.before.get() : changed.after.get();
      const auto at = std::ranges::lower_bound(members, of, ByName());
      if (was && is) {
        *at = changed.after.get();
        if (differs_for(*owner, changed)) mark(*owner);
        continue;
      }
      mark(*owner);
      if (was) members.erase(at);
      if (is) members.insert(at, of);
    }
  }

  bool differs_for(const Service& owner, const Changed<Service>& changed) const {
    if (!same_member(*changed.before, *changed.after)) return true;
    if (stays(changed)) return false;  // deltas_ says what differs
    const Endpoints& before = before_.at(changed.before.get()).endpoints;
    return !same_part(owner, *changed.before, before, *changed.after,
                      state_.endpoints(*changed.after));
  }

  void fill_entered() {
    for (const Service* owner : entered_) state_.members_[owner].clear();
    if (entered_.empty()) return;
    state_.mesh_services_.all([&](const Service& service) {
      for (const Service* owner : owners_of(service)) {
        if (entered_.contains(owner)) state_.members_[owner].push_back(&service);
      }
    });
    for (const Service* owner : entered_) std::ranges::sort(state_.members_[owner], ByName());
  }

  // A notice for each that has no members now, and none any more for those that had none.
  void report_members() {
    for (const auto& [owner, was_empty] : touched_) {
      const bool is_empty = state_.members(*owner).empty();
      if (fresh_.contains(owner) || was_empty == is_empty) continue;
      (is_empty ? change_.diagnostics.added : change_.diagnostics.removed)
          .push_back(no_members(*owner));
    }
    fresh_.insert(entered_.begin(), entered_.end());
    for (const Service* owner : fresh_) {
      if (state_.members(*owner).empty()) change_.diagnostics.added.push_back(no_members(*owner));
    }
  }

  // The warnings of check_targets(): looks at the Dataplanes only until each name is found.
  void check_ports(const Service& service) {
    const auto candidates = state_.dataplanes_.candidates(service);
    const bool fine = std::ranges::all_of(service.ports, [&](const Port& port) {
      const auto* name = std::get_if<std::string>(&port.target);
      return name == nullptr || std::ranges::any_of(candidates, [&](std::uint32_t number) {
               const Dataplane& dataplane = *state_.dataplanes_[number];
               return std::ranges::find(dataplane.inbounds, *name, &Inbound::name) !=
                          dataplane.inbounds.end() &&
                      selects(service, dataplane);
             });
    });
    Diagnostics diagnostics;
    if (!fine) {
      std::vector<const Dataplane*> selected;
      for (const std::uint32_t number : candidates) {
        const Dataplane& dataplane = *state_.dataplanes_[number];
        if (!dataplane.inbounds.empty() && selects(service, dataplane)) {
          selected.push_back(&dataplane);
        }
      }
      if (!selected.empty()) check_targets(service, selected, diagnostics);
    }
    const auto found = state_.warnings_.find(&service);
    if (found != state_.warnings_.end()) {
      std::ranges::move(found->second, std::back_inserter(change_.diagnostics.removed));
      state_.warnings_.erase(found);
    }
    if (diagnostics.empty()) return;
    std::ranges::copy(diagnostics, std::back_inserter(change_.diagnostics.added));
    state_.warnings_.emplace(&service, std::move(diagnostics));
  }

  Matching& state_;
  const Changes& changes_;
  MatchingChange change_;
  std::unordered_map<const Service*, Before> before_;
  std::unordered_map<const Service*, Delta> deltas_;
  std::unordered_set<const Service*> entered_;        // MeshMultiZoneServices with another question
  std::unordered_set<const Service*> fresh_;          // those that are another value
  std::unordered_map<const Service*, bool> touched_;  // and had no members before
  std::vector<const Service*> recheck_;
};

MatchingChange Matching::apply(const Changes& changes) {
  return Update(*this, changes).run();
}

Endpoints Matching::endpoints(const Service& service) const {
  switch (service.kind) {
    case Kind::MeshService:
      return endpoints_of(service, dataplanes_.selected_by(service));
    case Kind::MeshExternalService:
      return external_endpoints(service);
    case Kind::MeshMultiZoneService:
      break;
  }
  Endpoints all(service.ports.size());
  for (const Service* member : members(service)) {
    add_member(service, *member, endpoints(*member), zone_, all);
  }
  return all;
}

Proxies Matching::proxies(const Service& service) const {
  Proxies proxies;
  if (service.kind != Kind::MeshService) return proxies;
  for (const std::uint32_t number : dataplanes_.candidates(service)) {
    const Dataplane& dataplane = *dataplanes_[number];
    if (dataplane.inbounds.empty() || !selects(service, dataplane)) continue;
    ++proxies.total;
    if (is_healthy(service, dataplane)) ++proxies.healthy;
  }
  return proxies;
}

std::span<const Service* const> Matching::members(const Service& service) const {
  const auto found = members_.find(&service);
  if (found == members_.end()) return {};
  return found->second;
}

}  // namespace mesh
