#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include "hostname/names.h"

namespace hostname {
namespace {

using mesh::HostnameGenerator;
using mesh::Service;

// Stands for an outcome whose earlier state would be long to keep. Two outcomes have the same one
// by chance only, of 2^64.
std::uint64_t fingerprint(const Outcome& outcome) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15u;
  const std::hash<std::string> hash_of;
  return (hash_of(outcome.hostname) * kOdd + hash_of(outcome.message)) * kOdd +
         static_cast<std::uint64_t>(outcome.reason);
}

// True if both make the same claims and outcomes of all services.
bool name_alike(const HostnameGenerator& a, const HostnameGenerator& b) {
  const auto of_zone = [](const HostnameGenerator& generator) {
    return generator.meta.labels.get(mesh::label::kOrigin) == "zone";
  };
  return a.selects == b.selects && a.match == b.match && a.template_text == b.template_text &&
         a.meta.creation_time == b.meta.creation_time && of_zone(a) == of_zone(b);
}

std::set<std::string> zones(const std::vector<OrderedGenerator>& generators) {
  std::set<std::string> zones;
  for (const OrderedGenerator& each : generators) {
    if (!each.zone.empty()) zones.insert(each.zone);
  }
  return zones;
}

}  // namespace

// One call of apply(): what changed leaves with its claims, and enters again as it is now. What a
// hostname's owner and an outcome were is noted at the first touch, and compared at the end.
class Names::Application {
 public:
  Application(Names& names, const mesh::Changes& changes)
      : names_(names), claimants_(names.claimants_), claims_(names.claims_), changes_(changes) {}

  Update run() {
    sort_out_generators();
    note_outcomes();
    services_leave();
    generators_leave();
    exchange_rules();
    generators_enter();
    services_enter();
    compare_outcomes();
    compare_messages();
    collect();
    report();
    return std::move(update_);
  }

 private:
  // A generator whose claims change. `before` and `after` are slots, if those of `change` are
  // there.
  struct RuleChange {
    const mesh::Changed<HostnameGenerator>* change;
    std::uint32_t before = 0;
    std::uint32_t after = 0;
  };
  // An outcome of a service that doesn't change itself, by a generator that does.
  struct NotedOutcome {
    std::uint32_t service;
    std::size_t rule;  // index into rules_
    std::uint64_t fingerprint;
  };
  // Beside an OwnerChange, as long as it may change further.
  struct Touch {
    std::shared_ptr<const HostnameGenerator> generator_before;
    Claim after;
  };
  struct Index {
    std::uint32_t of_owner_change = static_cast<std::uint32_t>(-1);
    friend bool operator==(const Index&, const Index&) = default;
  };

  void sort_out_generators();
  void note_outcomes();
  void services_leave();
  void generators_leave();
  void exchange_rules();
  void generators_enter();
  void services_enter();
  void compare_outcomes();
  void compare_messages();
  void collect();
  void report();

  void enter(std::uint32_t slot, std::uint32_t number);
  void leave(std::uint32_t slot, std::uint32_t number);
  void pass(const Name& name, const Passage& passage);
  void touch(const Name& name, const Passage& passage);
  std::uint64_t fingerprint_of(const Service& service) const;
  bool looks_as_before(const OwnerChange& change, const Touch& touch) const;

  Names& names_;
  Claimants& claimants_;
  Claims& claims_;
  const mesh::Changes& changes_;
  std::vector<RuleChange> rules_;
  std::vector<std::uint32_t> numbers_;       // of changes_.services
  std::vector<std::uint64_t> fingerprints_;  // of those of them that stay
  std::vector<NotedOutcome> noted_;
  HashTable<Index> touched_{1};        // by hostname
  std::vector<Touch> touches_;         // of update_.owners
  std::vector<std::uint32_t> differ_;  // services whose outcomes differ; some of them twice
  std::string buffer_;
  Update update_;
};

// A generator that merely moved in its file makes the same claims: they stay.
void Names::Application::sort_out_generators() {
  for (const auto& change : changes_.generators) {
    RuleChange rule{&change};
    if (change.before) rule.before = claimants_.slot(*change.before);
    if (!change.before || !change.after || !name_alike(*change.before, *change.after)) {
      rules_.push_back(rule);
      continue;
    }
    claimants_.replace(rule.before, Rule(change.after));
    names_.selected_[rule.before].changed = true;
  }
  update_.generators = !changes_.generators.empty();
}

void Names::Application::note_outcomes() {
  fingerprints_.resize(changes_.services.size());
  for (std::size_t i = 0; i < changes_.services.size(); ++i) {
    const auto& [before, after] = changes_.services[i];
    if (before && after) fingerprints_[i] = fingerprint_of(*before);
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& before = rules_[i].change->before;
    const auto& after = rules_[i].change->after;
    if (!before || !after) continue;
    claimants_.visit(before->selects, [&](std::uint32_t number, const Service& service) {
      if (!selects(*before, service) || !selects(*after, service)) return;
      noted_.push_back({number, i, fingerprint(names_.outcome(rules_[i].before, service))});
    });
  }
}

void Names::Application::services_leave() {
  numbers_.resize(changes_.services.size());
  for (std::size_t i = 0; i < changes_.services.size(); ++i) {
    const ServicePointer& before = changes_.services[i].before;
    if (!before) continue;
    const std::uint32_t number = claimants_.number(*before);
    for (const std::uint32_t slot : claimants_.rules_of(before->kind)) {
      if (selects(claimants_.rule(slot).generator(), *before)) leave(slot, number);
    }
    numbers_[i] = claimants_.leave(*before);
  }
}

void Names::Application::generators_leave() {
  for (const RuleChange& rule : rules_) {
    const auto& before = rule.change->before;
    const auto& after = rule.change->after;
    if (!before) continue;
    claimants_.visit(before->selects, [&](std::uint32_t number, const Service& service) {
      if (!selects(*before, service)) return;
      leave(rule.before, number);
      if (!after || !selects(*after, service)) differ_.push_back(number);
    });
  }
}

void Names::Application::exchange_rules() {
  if (!update_.generators) return;
  const std::set<std::string> before = zones(claimants_.ordered());
  for (const RuleChange& rule : rules_) {
    if (!rule.change->before) continue;
    std::ranges::move(names_.selected_[rule.before].reported,
                      std::back_inserter(update_.diagnostics.removed));
    names_.selected_[rule.before] = {};
    names_.selected_[rule.before].changed = false;
    claimants_.remove(rule.before);
  }
  for (RuleChange& rule : rules_) {
    if (!rule.change->after) continue;
    rule.after = claimants_.add(Rule(rule.change->after));
    if (rule.after == names_.selected_.size()) names_.selected_.emplace_back();
    names_.selected_[rule.after].changed = true;
  }
  claimants_.order();
  update_.zones = zones(claimants_.ordered()) != before;
}

void Names::Application::generators_enter() {
  for (const RuleChange& rule : rules_) {
    const auto& before = rule.change->before;
    const auto& after = rule.change->after;
    if (!after) continue;
    claimants_.visit(after->selects, [&](std::uint32_t number, const Service& service) {
      if (!selects(*after, service)) return;
      enter(rule.after, number);
      if (!before || !selects(*before, service)) differ_.push_back(number);
    });
  }
}

void Names::Application::services_enter() {
  for (std::size_t i = 0; i < changes_.services.size(); ++i) {
    const auto& [before, after] = changes_.services[i];
    if (!after) continue;
    if (before) {
      claimants_.enter(numbers_[i], after);
    } else {
      numbers_[i] = claimants_.enter(after);
    }
    bool selected = false;
    for (const std::uint32_t slot : claimants_.rules_of(after->kind)) {
      if (!selects(claimants_.rule(slot).generator(), *after)) continue;
      enter(slot, numbers_[i]);
      selected = true;
    }
    if (!before && selected) differ_.push_back(numbers_[i]);
  }
}

void Names::Application::enter(std::uint32_t slot, std::uint32_t number) {
  Selected& selected = names_.selected_[slot];
  if (selected.size++ == 0) selected.changed = true;
  const Service& service = *claimants_.service(number);
  const Naming naming = claimants_.name(slot, service, buffer_);
  if (FirstFew<std::uint32_t>* problem = Names::problem(selected, naming.kind)) {
    problem->add(number, names_.by_order());
    selected.of_cluster += naming.kind == Naming::Kind::OfCluster;
    selected.changed = true;
  }
  if (naming.kind != Naming::Kind::Hostname) return;
  const Name name(service.meta.mesh, naming.hostname);
  pass(name, claims_.add({number, slot}, name));
}

void Names::Application::leave(std::uint32_t slot, std::uint32_t number) {
  Selected& selected = names_.selected_[slot];
  if (--selected.size == 0) selected.changed = true;
  const Service& service = *claimants_.service(number);
  const Naming naming = claimants_.name(slot, service, buffer_);
  if (FirstFew<std::uint32_t>* problem = Names::problem(selected, naming.kind)) {
    problem->remove(number, names_.by_order());
    selected.of_cluster -= naming.kind == Naming::Kind::OfCluster;
    selected.changed = true;
  }
  if (naming.kind != Naming::Kind::Hostname) return;
  const Name name(service.meta.mesh, naming.hostname);
  pass(name, claims_.remove({number, slot}, name));
}

void Names::Application::pass(const Name& name, const Passage& passage) {
  if (passage.before == passage.after) return;
  touch(name, passage);
  if (is_under_private_suffix(name.hostname)) return;
  if (const auto& [service, slot] = passage.before; passage.before) {
    names_.selected_[slot].public_name.remove(service, names_.by_order());
    names_.selected_[slot].changed = true;
  }
  if (const auto& [service, slot] = passage.after; passage.after) {
    names_.selected_[slot].public_name.add(service, names_.by_order());
    names_.selected_[slot].changed = true;
  }
}

void Names::Application::touch(const Name& name, const Passage& passage) {
  const ServicePointer after = passage.after ? claimants_.service(passage.after.service) : nullptr;
  const Index* known = touched_.find(name.hash, [&](Index index) {
    const OwnerChange& change = update_.owners[index.of_owner_change];
    return change.hostname == name.hostname && change.mesh() == name.mesh;
  });
  if (known != nullptr) {
    update_.owners[known->of_owner_change].after = after;
    touches_[known->of_owner_change].after = passage.after;
    return;
  }
  touched_.insert(name.hash, {static_cast<std::uint32_t>(update_.owners.size())});
  OwnerChange change{std::string(name.hostname), nullptr, after};
  Touch touch{nullptr, passage.after};
  if (passage.before) {
    change.before = claimants_.service(passage.before.service);
    touch.generator_before = claimants_.rule(passage.before.rule).ordered().generator;
  }
  update_.owners.push_back(std::move(change));
  touches_.push_back(std::move(touch));
}

std::uint64_t Names::Application::fingerprint_of(const Service& service) const {
  std::uint64_t all = 0;
  for (const Outcome& outcome : names_.outcomes(service)) {
    all = all * 31 + fingerprint(outcome);
    all = all * 31 + std::hash<std::string>()(names_.generators()[outcome.generator].core_name);
  }
  return all;
}

void Names::Application::compare_outcomes() {
  for (std::size_t i = 0; i < changes_.services.size(); ++i) {
    const auto& [before, after] = changes_.services[i];
    if (!before || !after) continue;
    if (fingerprint_of(*after) != fingerprints_[i]) differ_.push_back(numbers_[i]);
  }
  for (const NotedOutcome& noted : noted_) {
    const ServicePointer& service = claimants_.service(noted.service);
    const RuleChange& rule = rules_[noted.rule];
    // One that itself changed was compared as a whole.
    if (!service || !selects(*rule.change->after, *service)) continue;
    if (fingerprint(names_.outcome(rule.after, *service)) != noted.fingerprint) {
      differ_.push_back(noted.service);
    }
  }
}

// True if the messages of those who lost the name are the same.
bool Names::Application::looks_as_before(const OwnerChange& change, const Touch& touch) const {
  return change.before && change.after && change.before->kind == change.after->kind &&
         compare_core_names(change.before->meta, change.after->meta) == 0 &&
         touch.generator_before->meta.core_name() == claimants_.rule(touch.after.rule).core_name();
}

// What the claims to a hostname come to depends on its owner.
void Names::Application::compare_messages() {
  std::vector<std::uint32_t> changed;  // they were compared as a whole
  for (std::size_t i = 0; i < changes_.services.size(); ++i) {
    if (changes_.services[i].after) changed.push_back(numbers_[i]);
  }
  std::ranges::sort(changed);
  for (std::size_t i = 0; i < touches_.size(); ++i) {
    const OwnerChange& change = update_.owners[i];
    // What nobody owned, nobody unchanged had claimed.
    if (!change.before || !change.after || looks_as_before(change, touches_[i])) continue;
    const auto compare = [&](const Claim& claim) {
      if (std::ranges::binary_search(changed, claim.service)) return;
      const ServicePointer& service = claimants_.service(claim.service);
      if (service == change.before && service == change.after) return;
      differ_.push_back(claim.service);
    };
    compare(touches_[i].after);
    claims_.visit_others(Name(change.mesh(), change.hostname), compare);
  }
}

void Names::Application::collect() {
  touches_.clear();
  std::erase_if(update_.owners,
                [](const OwnerChange& change) { return change.before == change.after; });
  std::ranges::sort(differ_);
  differ_.erase(std::unique(differ_.begin(), differ_.end()), differ_.end());
  update_.outcomes.reserve(differ_.size());
  for (const std::uint32_t number : differ_) update_.outcomes.push_back(claimants_.service(number));
  for (std::size_t i = 0; i < changes_.services.size(); ++i) {
    if (!changes_.services[i].after) claimants_.release(numbers_[i]);
  }
}

void Names::Application::report() {
  const auto exchange = [&](mesh::Diagnostics& reported, mesh::Diagnostics now) {
    std::ranges::move(reported, std::back_inserter(update_.diagnostics.removed));
    std::ranges::copy(now, std::back_inserter(update_.diagnostics.added));
    reported = std::move(now);
  };
  for (std::uint32_t slot = 0; slot < names_.selected_.size(); ++slot) {
    Selected& selected = names_.selected_[slot];
    if (!std::exchange(selected.changed, false)) continue;
    if (selected.evaluation.lacks(1) || selected.validity.lacks(1) ||
        selected.public_name.lacks(1)) {
      names_.recount(slot);
    }
    exchange(selected.reported, names_.report_rule(slot));
  }
  if (claims_.collisions().lacks(kMaxCollisionDiagnostics)) claims_.find_collisions();
  if (claims_.take_first_changed()) exchange(names_.collisions_, names_.report_collisions());
  exchange(names_.more_collisions_, names_.report_more());
  names_.diagnostics_.apply(update_.diagnostics);
}

Update Names::apply(const mesh::Changes& changes) {
  return Application(*this, changes).run();
}

}  // namespace hostname
