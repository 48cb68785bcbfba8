#include "hostname/names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "hostname/defaults.h"

namespace hostname {
namespace {

using mesh::HostnameGenerator;
using mesh::Kind;
using mesh::Service;
using GeneratorPointer = std::shared_ptr<const HostnameGenerator>;

// What can be seen of the hostnames of a state, in words and objects that can be compared.
struct Seen {
  std::vector<std::string> generators;  // core name, zone, template
  std::map<mesh::ServiceId, std::vector<std::string>> outcomes;
  std::map<std::pair<std::string, std::string>, ServicePointer> owners;  // by mesh, hostname
  std::vector<std::string> diagnostics;
};

std::string text(const OrderedGenerator& ordered) {
  return ordered.core_name + ' ' + ordered.zone + ' ' + ordered.generator->template_text +
         (ordered.compiled ? " compiled" : "") + (ordered.generator->built_in ? " built in" : "");
}

std::vector<std::string> text(const std::vector<Outcome>& outcomes,
                              const std::vector<OrderedGenerator>& generators) {
  std::vector<std::string> lines;
  for (const Outcome& outcome : outcomes) {
    lines.push_back(generators[outcome.generator].core_name + ' ' +
                    std::string(to_string(outcome.reason)) + ' ' + outcome.hostname + ' ' +
                    outcome.message);
  }
  return lines;
}

std::vector<std::string> text(const mesh::Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const auto& diagnostic : diagnostics) lines.push_back(mesh::to_string(diagnostic));
  return lines;
}

constexpr std::string_view kLocalZone = "here";

Seen specified(const mesh::Resources& resources, std::string_view cluster_domain) {
  const Hostnames all = generate(resources, kLocalZone, cluster_domain);
  Seen seen;
  for (const auto& each : all.generators) seen.generators.push_back(text(each));
  for (std::size_t i = 0; i < resources.services.size(); ++i) {
    const ServicePointer& service = resources.services[i];
    seen.outcomes[service->id()] = text(all.outcomes[i], all.generators);
    for (const Outcome& outcome : all.outcomes[i]) {
      if (outcome.reason != Reason::Generated) continue;
      seen.owners[{service->meta.mesh, outcome.hostname}] = service;
    }
  }
  seen.diagnostics = text(all.diagnostics);
  return seen;
}

Seen followed(const mesh::Resources& resources, const Names& names) {
  Seen seen;
  for (const auto& each : names.generators()) seen.generators.push_back(text(each));
  std::map<std::pair<std::string, std::string>, ServicePointer> owned;
  Names::Counts counts;
  for (const ServicePointer& service : resources.services) {
    EXPECT_EQ(names.find(service->id()), service);
    for (const Outcome& outcome : names.outcomes(*service)) {
      counts.collisions += outcome.reason == Reason::Collision;
      counts.template_errors += outcome.reason == Reason::TemplateError;
      counts.cluster_domain += outcome.reason == Reason::ClusterDomain;
    }
    seen.outcomes[service->id()] = text(names.outcomes(*service), names.generators());
    for (const std::string& hostname : names.hostnames(*service)) {
      EXPECT_TRUE(owned.emplace(std::pair(service->meta.mesh, hostname), service).second);
    }
  }
  names.visit_owned([&](std::string_view hostname, const ServicePointer& service) {
    EXPECT_EQ(names.owner(service->meta.mesh, hostname), service);
    EXPECT_TRUE(
        seen.owners.emplace(std::pair(service->meta.mesh, std::string(hostname)), service).second);
  });
  EXPECT_EQ(names.counts().collisions, counts.collisions);
  EXPECT_EQ(names.counts().template_errors, counts.template_errors);
  EXPECT_EQ(names.counts().cluster_domain, counts.cluster_domain);
  EXPECT_EQ(names.find({mesh::Kind::MeshService, "default", "nobody"}), nullptr);
  EXPECT_EQ(seen.owners, owned);
  EXPECT_EQ(names.owned(), owned.size());
  EXPECT_EQ(names.services(), resources.services.size());
  seen.diagnostics = text(names.diagnostics());
  return seen;
}

void expect_same(const Seen& is, const Seen& should_be) {
  EXPECT_EQ(is.generators, should_be.generators);
  EXPECT_EQ(is.outcomes, should_be.outcomes);
  EXPECT_EQ(is.owners, should_be.owners);
  EXPECT_EQ(is.diagnostics, should_be.diagnostics);
}

std::set<std::string> zones(const std::vector<OrderedGenerator>& generators) {
  std::set<std::string> zones;
  for (const auto& each : generators) {
    if (!each.zone.empty()) zones.insert(each.zone);
  }
  return zones;
}

// That the update names what differs between the two, no more and no less.
void expect_update(const Update& update, const Seen& before, const Seen& after) {
  using Passed = std::tuple<std::string, std::string, ServicePointer, ServicePointer>;
  std::vector<Passed> owners;
  for (const OwnerChange& change : update.owners) {
    owners.emplace_back(change.mesh(), change.hostname, change.before, change.after);
  }
  std::ranges::sort(owners);
  std::vector<Passed> should_be;
  const auto owner_in = [](const Seen& seen, const auto& name) {
    const auto found = seen.owners.find(name);
    return found == seen.owners.end() ? nullptr : found->second;
  };
  for (const auto& [name, owner] : before.owners) {
    const ServicePointer next = owner_in(after, name);
    if (next != owner) should_be.emplace_back(name.first, name.second, owner, next);
  }
  for (const auto& [name, owner] : after.owners) {
    if (owner_in(before, name)) continue;
    should_be.emplace_back(name.first, name.second, nullptr, owner);
  }
  std::ranges::sort(should_be);
  EXPECT_EQ(owners, should_be);

  std::vector<mesh::ServiceId> changed;
  for (const ServicePointer& service : update.outcomes) changed.push_back(service->id());
  std::ranges::sort(changed);
  std::vector<mesh::ServiceId> differ;
  for (const auto& [id, outcomes] : after.outcomes) {
    const auto found = before.outcomes.find(id);
    if (found == before.outcomes.end() ? !outcomes.empty() : found->second != outcomes) {
      differ.push_back(id);
    }
  }
  EXPECT_EQ(changed, differ);
}

// Draws resources of few names and labels, so that they collide, fail and match in all ways.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed), names_(below(2) == 0 ? 5 : 12) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  ServicePointer service() {
    auto service = std::make_shared<Service>();
    service->kind = mesh::kKinds[below(3)];
    mesh::Meta& meta = service->meta;
    meta.mesh = one_of("default", "default", "other");
    meta.name = kNames[below(names_)];
    if (below(3) == 0) meta.name_space = one_of("db", "web");
    if (below(3) == 0) meta.creation_time = static_cast<std::int64_t>(below(3));
    meta.position = position();
    const auto maybe = [&](std::string_view key, std::string_view value) {
      if (below(3) != 0) meta.labels.set(key, value);
    };
    maybe(mesh::label::kOrigin, one_of("zone", "zone", "global"));
    maybe(mesh::label::kEnv, one_of("kubernetes", "universal"));
    maybe(mesh::label::kZone, one_of("west", "east", ""));
    maybe(mesh::label::kNamespace, one_of("db", "web"));
    maybe("team", one_of("red", "blue", "a.b", "Wrong"));
    maybe("k8s.kuma.io/is-headless-service", one_of("true", "false"));
    maybe("k8s.kuma.io/service-name", one_of("redis", "web"));
    maybe("statefulset.kubernetes.io/pod-name", one_of("redis-0", "redis-1"));
    if (below(4) == 0) meta.labels.set(mesh::label::kDisplayName, one_of("redis", "b", "c"));
    return service;
  }

  GeneratorPointer generator() {
    auto generator = std::make_shared<HostnameGenerator>();
    mesh::Meta& meta = generator->meta;
    meta.name = one_of("g1", "g2", "g3", "g4", "g5", "local-universal-mesh-service",
                       "synced-mesh-external-service", "synced-kube-mesh-service");
    if (below(4) == 0) meta.name_space = "kuma-system";
    if (below(3) == 0) meta.creation_time = static_cast<std::int64_t>(below(3));
    meta.labels.set(mesh::label::kOrigin, one_of("zone", "global"));
    meta.position = position();
    if (below(2) == 0) generator->template_position = position();
    generator->selects = mesh::kKinds[below(4) % 3];
    if (below(2) == 0) generator->match.set("team", one_of("red", "blue", "none"));
    if (below(4) == 0) generator->match.set(mesh::label::kOrigin, one_of("zone", "global"));
    generator->template_text =
        one_of("{{ .Name }}.mesh", "{{ .DisplayName }}.mesh", "{{ .DisplayName }}.svc.mesh.local",
               "{{ .DisplayName }}.extsvc.mesh.local", "{{ label \"team\" }}.mesh",
               "{{ .DisplayName }}.{{ .Namespace }}.mesh", "{{ .Name }}.example.org", "redis.mesh",
               "{{ .Zone }}.test", "{{ if eq .Name \"a\" }}x{{ else }}b{{ end }}.mesh", "{{ .Nope",
               "{{ .Name }}.cluster.local", "{{ printf \"%s\" .Mesh }}.mesh");
    return generator;
  }

  // The same resource, given elsewhere.
  template <typename T>
  std::shared_ptr<const T> moved(const T& resource) {
    auto copy = std::make_shared<T>(resource);
    copy->meta.position = position();
    return copy;
  }

 private:
  static constexpr const char* kNames[] = {"a", "b", "c", "redis", "a.db", "d",
                                           "e", "f", "g", "a_b",   "West", "web"};

  template <typename... Text>
  const char* one_of(Text... texts) {
    const char* const all[] = {texts...};
    return all[below(sizeof...(texts))];
  }
  mesh::Position position() {
    static const auto kFile = std::make_shared<const std::string>("all.yaml");
    return {kFile, static_cast<std::uint32_t>(below(50)), 1};
  }

  std::mt19937 random_;
  const std::size_t names_;
};

// Adds the change from the state to `drawn`, or to its absence, if there isn't one of it already.
template <typename T, typename Identity>
void change(Draw& draw, std::map<Identity, std::shared_ptr<const T>>& state, const Identity& id,
            std::shared_ptr<const T> drawn, std::size_t keep,
            std::map<Identity, mesh::Changed<T>>& changes) {
  if (changes.contains(id)) return;
  std::shared_ptr<const T>& now = state[id];
  const std::shared_ptr<const T> before = now;
  if (!before || draw.below(keep) != 0) {
    now = before && draw.below(5) == 0 ? draw.moved(*before) : std::move(drawn);
  } else {
    now = nullptr;
  }
  changes[id] = {before, now};
  if (!now) state.erase(id);
}

class World {
 public:
  explicit World(std::uint32_t seed)
      : draw_(seed),
        env_(draw_.below(2) == 0 ? "universal" : "kubernetes"),
        cluster_domain_(draw_.below(2) == 0 ? "" : "cluster.local"),
        keep_(draw_.below(2) == 0 ? 3 : 8),
        defaults_(env_),
        names_(kLocalZone, cluster_domain_) {
    edit({}, {});
  }

  void edit() {
    std::map<mesh::ServiceId, mesh::Changed<Service>> services;
    std::map<std::pair<std::string, std::string>, mesh::Changed<HostnameGenerator>> generators;
    for (std::size_t i = 1 + draw_.below(5); i > 0; --i) {
      if (draw_.below(8) == 0) {
        GeneratorPointer drawn = draw_.generator();
        const std::pair id(drawn->meta.name, drawn->meta.name_space);
        change(draw_, generators_, id, std::move(drawn), 2, generators);
      } else {
        ServicePointer drawn = draw_.service();
        const mesh::ServiceId id = drawn->id();
        change(draw_, services_, id, std::move(drawn), keep_, services);
      }
    }
    mesh::Changes changes;
    for (auto& [id, changed] : services) changes.services.push_back(std::move(changed));
    for (auto& [id, changed] : generators) changes.generators.push_back(std::move(changed));
    edit(std::move(changes.services), std::move(changes.generators));
  }

 private:
  void edit(std::vector<mesh::Changed<Service>> services,
            std::vector<mesh::Changed<HostnameGenerator>> generators) {
    mesh::Changes changes{std::move(services), defaults_.apply(std::move(generators)), {}};
    const std::set<std::string> zones_before = zones(names_.generators());
    Update update = names_.apply(changes);

    mesh::Resources resources;
    for (const auto& [id, service] : services_) resources.services.push_back(service);
    for (const auto& [id, generator] : generators_) resources.generators.push_back(generator);
    resources.generators = with_defaults(std::move(resources.generators), env_);
    Seen now = specified(resources, cluster_domain_);
    expect_same(followed(resources, names_), now);
    expect_update(update, before_, now);
    EXPECT_EQ(update.generators, !changes.generators.empty());
    EXPECT_EQ(update.zones, zones(names_.generators()) != zones_before);
    const std::size_t removed = update.diagnostics.removed.size();
    const std::size_t added = update.diagnostics.added.size();
    reported_.apply(update.diagnostics);
    EXPECT_EQ(update.diagnostics.removed.size(), removed) << "what is in both is no change";
    EXPECT_EQ(update.diagnostics.added.size(), added) << "what is in both is no change";
    EXPECT_EQ(text(reported_.first()), now.diagnostics);
    before_ = std::move(now);
  }

  Draw draw_;
  const std::string env_;
  const std::string cluster_domain_;
  const std::size_t keep_;  // a service is removed one time of so many
  std::map<mesh::ServiceId, ServicePointer> services_;
  std::map<std::pair<std::string, std::string>, GeneratorPointer> generators_;
  Defaults defaults_;
  Names names_;
  Seen before_;
  mesh::DiagnosticSet reported_;
};

// A service of a table: who asks for which hostname, "" for none, and since when.
struct Row {
  const char* name;
  const char* wants = "";
  std::optional<std::int64_t> created = {};
  const char* mesh = "default";
};

ServicePointer service(const Row& row, std::uint16_t port = 80) {
  auto service = std::make_shared<Service>();
  service->meta.name = row.name;
  service->meta.mesh = row.mesh;
  service->meta.creation_time = row.created;
  if (*row.wants != '\0') service->meta.labels.set("wants", row.wants);
  service->ports.push_back({port, "http", port, "http"});
  return service;
}

GeneratorPointer generator(const char* name, const char* text, std::int64_t created = 0,
                           std::uint32_t line = 1) {
  auto generator = std::make_shared<HostnameGenerator>();
  generator->meta.name = name;
  generator->meta.creation_time = created;
  generator->meta.labels.set(mesh::label::kOrigin, "zone");
  generator->meta.position.line = line;
  generator->template_text = text;
  return generator;
}

constexpr const char* kWanted = "{{ label \"wants\" }}.mesh";

template <typename T>
mesh::Changed<T> added(std::shared_ptr<const T> resource) {
  return {nullptr, std::move(resource)};
}

// A state to which changes are applied, compared with generate() after each.
class Followed {
 public:
  Update apply(const mesh::Changes& changes) {
    resources_ = mesh::applied(std::move(resources_), changes);
    Update update = names_.apply(changes);
    Seen now = specified(resources_, "");
    expect_same(followed(resources_, names_), now);
    expect_update(update, before_, now);
    before_ = std::move(now);
    return update;
  }
  const Names& names() const { return names_; }

 private:
  mesh::Resources resources_;
  Names names_{kLocalZone, ""};
  Seen before_;
};

// "a.mesh: x -> y; b.mesh: y' -> y; outcomes x y", each by name.
std::string text(const Update& update) {
  std::vector<std::string> lines;
  const auto name = [](const ServicePointer& service) {
    return service ? service->meta.name : "nobody";
  };
  for (const OwnerChange& change : update.owners) {
    lines.push_back(change.hostname + ": " + name(change.before) + " -> " + name(change.after) +
                    "; ");
  }
  std::ranges::sort(lines);
  std::vector<std::string> outcomes;
  for (const ServicePointer& service : update.outcomes) outcomes.push_back(' ' + name(service));
  std::ranges::sort(outcomes);
  std::string text;
  for (const std::string& line : lines) text += line;
  text += "outcomes";
  for (const std::string& each : outcomes) text += each;
  return text + (update.generators ? "; generators" : "") + (update.zones ? "; zones" : "");
}

TEST(Names, UpdateSaysWhatChanged) {
  const auto all = generator("all", kWanted);
  const ServicePointer a = service({"a", "x", 1});
  const ServicePointer b = service({"b", "x", 2});
  const ServicePointer c = service({"c", "x", 3});
  auto selecting = std::make_shared<HostnameGenerator>(*generator("all", "{{ .Name }}.mesh"));
  selecting->match.set("wants", "x");
  const struct {
    const char* rule;
    mesh::Changes changes;
    const char* update;
  } kRows[] = {
      {"nothing changes nothing", {}, "outcomes"},
      {"a new service gets its name",
       {{added(service({"d", "y"}))}, {}, {}},
       "y.mesh: nobody -> d; outcomes d"},
      {"an owner that is another object is a change of the owner, but not of an outcome",
       {{{a, service({"a", "x", 1}, 81)}}, {}, {}},
       "x.mesh: a -> a; outcomes"},
      {"the next one is promoted, and those behind it have another winner",
       {{{a, nullptr}}, {}, {}},
       "x.mesh: a -> b; outcomes b c"},
      {"a loser that goes is nobody's concern", {{{b, nullptr}}, {}, {}}, "outcomes"},
      {"a loser that is another object has the same outcome",
       {{{b, service({"b", "x", 2}, 81)}}, {}, {}},
       "outcomes"},
      {"an older service takes the name",
       {{added(service({"z", "x", 0}))}, {}, {}},
       "x.mesh: a -> z; outcomes a b c z"},
      {"an owner that grows younger loses to all",
       {{{a, service({"a", "x", 4})}}, {}, {}},
       "x.mesh: a -> b; outcomes a b c"},
      {"an owner that asks for another name",
       {{{a, service({"a", "y", 1})}}, {}, {}},
       "x.mesh: a -> b; y.mesh: nobody -> a; outcomes a b c"},
      {"a generator that only moved",
       {{}, {{all, generator("all", kWanted, 0, 9)}}, {}},
       "outcomes; generators"},
      {"a generator whose names are in another zone",
       {{}, {{all, generator("all", "{{ .Name }}.other.mesh")}}, {}},
       "a.other.mesh: nobody -> a; b.other.mesh: nobody -> b; c.other.mesh: nobody -> c; x.mesh: a "
       "-> nobody; outcomes a b c; generators; zones"},
      {"a generator that selects other services, and a service that is none of them any more",
       {{{a, service({"a", "y", 1})}}, {{all, selecting}}, {}},
       "b.mesh: nobody -> b; c.mesh: nobody -> c; x.mesh: a -> nobody; outcomes a b c; generators"},
      {"a second generator for the same names, behind the first",
       {{}, {added(generator("more", kWanted, 1))}, {}},
       "outcomes a b c; generators"},
      {"the same before the first: the message of losers names it",
       {{}, {added(generator("more", kWanted, -1))}, {}},
       "outcomes a b c; generators"},
      {"a removed generator takes names and zone along",
       {{}, {{all, nullptr}}, {}},
       "x.mesh: a -> nobody; outcomes a b c; generators; zones"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.rule);
    Followed state;
    state.apply({{added(a), added(b), added(c)}, {added(all)}, {}});
    EXPECT_EQ(text(state.apply(row.changes)), row.update);
  }
}

// It has the name through both generators, and the outcomes of both are "Generated" before and
// after.
TEST(Names, AnOwnerThroughAnotherGeneratorHasTheSameOutcomes) {
  const auto first = generator("first", kWanted, 1);
  const auto second = generator("second", kWanted, 2);
  const ServicePointer a = service({"a", "x"});
  Followed state;
  state.apply({{added(a)}, {added(first), added(second)}, {}});
  EXPECT_EQ(text(state.apply(
                {{{a, service({"a", "x"}, 81)}}, {{first, generator("first", kWanted, 3)}}, {}})),
            "x.mesh: a -> a; outcomes; generators");
}

// Names of the same hash share a place in the table, and nothing else.
TEST(Names, TellApartNamesOfOneHash) {
  const auto same_hash = [](const auto& name_of) {
    std::map<std::uint32_t, std::string> seen;
    for (int i = 0;; ++i) {
      const std::string text = "n" + std::to_string(i);
      const auto [found, added] = seen.emplace(name_of(text), text);
      if (!added) return std::pair(found->second, text);
    }
  };
  const auto hostnames =
      same_hash([](const std::string& text) { return Name("default", text + ".mesh").hash; });
  const auto meshes = same_hash([](const std::string& text) { return Name(text, "x.mesh").hash; });
  std::vector<ServicePointer> services;
  for (const char* name : {"a", "b", "c"}) {
    services.push_back(service({name, hostnames.first.c_str()}));
    services.push_back(service({(name + std::string("2")).c_str(), hostnames.second.c_str()}));
    services.push_back(service({name, "x", {}, meshes.first.c_str()}));
    services.push_back(service({name, "x", {}, meshes.second.c_str()}));
  }
  std::mt19937 random(11);
  std::set<ServicePointer> there;
  Followed state;
  state.apply({{}, {added(generator("all", kWanted))}, {}});
  for (int i = 0; i < 300; ++i) {
    const ServicePointer& each = services[random() % services.size()];
    const bool is_new = there.insert(each).second;
    if (!is_new) there.erase(each);
    state.apply({{{is_new ? nullptr : each, is_new ? each : nullptr}}, {}, {}});
    ASSERT_FALSE(HasFailure()) << "step " << i;
  }
}

// The first services that have a problem are kept, not all: when they are gone, the next are found.
TEST(Names, FindTheNextWhenTheFirstAreGone) {
  constexpr std::size_t kServices = 4000;
  std::vector<std::string> names;
  std::vector<ServicePointer> services;
  mesh::Changes changes;
  for (std::size_t i = 0; i < kServices; ++i) {
    names.push_back(std::to_string(10'000 + i));
    services.push_back(service({names.back().c_str()}));
    changes.services.push_back(added(services.back()));
  }
  changes.generators = {added(generator("collides", "x.mesh")), added(generator("fails", kWanted)),
                        added(generator("not-valid", "{{ .Name }}_.mesh")),
                        added(generator("public", "{{ .Name }}.example.org"))};
  mesh::Resources resources = mesh::applied({}, changes);
  Names followed(kLocalZone, "");
  followed.apply(changes);
  const auto expect_diagnostics = [&] {
    EXPECT_EQ(text(followed.diagnostics()), text(generate(resources, kLocalZone).diagnostics));
  };
  expect_diagnostics();
  const auto apply = [&](std::size_t begin, std::size_t end, bool add) {
    mesh::Changes step;
    for (std::size_t i = begin; i < end; ++i) {
      step.services.push_back({add ? nullptr : services[i], add ? services[i] : nullptr});
    }
    resources = mesh::applied(std::move(resources), step);
    followed.apply(step);
    expect_diagnostics();
  };
  apply(1, 900, false);
  apply(900, 1010, false);   // 15 are left of those that were kept
  apply(1010, 1500, false);  // none is
  apply(3000, 3500, false);
  apply(0, 1, false);
  apply(100, 200, true);
  apply(3000, 3500, true);
  apply(1500, 3990, false);
}

// Far more collisions than are diagnostics.
TEST(Names, OneNameForAll) {
  Followed state;
  std::vector<ServicePointer> services;
  mesh::Changes changes;
  for (int i = 0; i < 500; ++i) {
    services.push_back(service({std::to_string(1000 + i).c_str(), "x", 500 - i}));
    changes.services.push_back(added(services.back()));
  }
  changes.generators = {added(generator("all", kWanted))};
  state.apply(changes);
  EXPECT_EQ(state.names().owned(), 1u);
  EXPECT_EQ(state.names().owner("default", "x.mesh"), services.back());
  EXPECT_EQ(state.names().owner("other", "x.mesh"), nullptr);
  const Update update = state.apply({{{services.back(), nullptr}}, {}, {}});
  EXPECT_EQ(update.outcomes.size(), 499u);
  // The diagnostics are of the last 20 but one: some losers are among them, some behind.
  for (const std::size_t i : {490u, 470u, 479u, 478u, 10u}) {
    state.apply({{{services[i], nullptr}}, {}, {}});
    state.apply({{{nullptr, services[i]}}, {}, {}});
  }
}

TEST(Defaults, GiveWayToGivenOnesOfTheirName) {
  constexpr const char* kName = "local-universal-mesh-service";
  const auto given = generator(kName, "{{ .Name }}.mesh");
  auto copy = std::make_shared<HostnameGenerator>(*given);
  copy->meta.name_space = "kuma-system";
  const GeneratorPointer elsewhere = std::move(copy);
  Defaults defaults("universal");
  const auto text = [&](Defaults::Changes changes) {
    std::vector<std::string> lines;
    for (const auto& [before, after] : defaults.apply(std::move(changes))) {
      const auto shown = [](const GeneratorPointer& each) {
        return each ? each->meta.core_name() + (each->built_in ? " built in" : "") : "nothing";
      };
      lines.push_back(shown(before) + " -> " + shown(after));
    }
    return lines;
  };
  using Lines = std::vector<std::string>;
  const std::string name = kName;
  EXPECT_EQ(text({}).size(), 7u) << "the first call adds them";
  EXPECT_EQ(text({}), Lines());
  EXPECT_EQ(text({added(given)}), Lines({name + " built in -> " + name}))
      << "the same identity: one change";
  EXPECT_EQ(text({added(elsewhere)}), Lines({"nothing -> " + name + ".kuma-system"}));
  EXPECT_EQ(text({{given, nullptr}}), Lines({name + " -> nothing"}))
      << "another has the name still";
  EXPECT_EQ(text({{elsewhere, nullptr}}),
            Lines({name + ".kuma-system -> nothing", "nothing -> " + name + " built in"}));
  EXPECT_EQ(text({added(given)}), Lines({name + " built in -> " + name}));
  EXPECT_EQ(text({{given, nullptr}}), Lines({name + " -> " + name + " built in"}));
}

// generate() is the specification: after every edit, all is as it makes it of the whole.
class NamesFollowGenerate : public testing::TestWithParam<std::uint32_t> {};

TEST_P(NamesFollowGenerate, AfterEveryEdit) {
  constexpr std::uint32_t kWorlds = 5;
  for (std::uint32_t seed = GetParam() * kWorlds; seed < (GetParam() + 1) * kWorlds; ++seed) {
    World world(seed);
    for (int i = 1; i <= 420; ++i) {
      world.edit();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", edit " << i;
    }
  }
}

// 21,000 edits in all.
INSTANTIATE_TEST_SUITE_P(Seeds, NamesFollowGenerate, testing::Range(0u, 10u));

}  // namespace
}  // namespace hostname
