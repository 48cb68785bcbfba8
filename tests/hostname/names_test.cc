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
  for (const ServicePointer& service : resources.services) {
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
