#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "pipeline/resource_json.h"

namespace pipeline {
namespace {

constexpr unsigned kSeed = 20261126;
constexpr int kEdits = 20'000;
constexpr std::size_t kSources = 2;

config::Settings small_mesh() {
  // Pools so small that they run out, and a quarantine that ends now and then.
  return config::load_settings(
             "zone: west\n"
             "vip: {meshService: [241.0.0.0/28], meshExternalService: "
             "[242.0.0.0/29], meshMultiZoneService: [243.0.0.0/29], "
             "quarantine: 60s}\n",
             "mesh-dns.yaml", {}, {})
      .settings;
}

// Resources of few names, labels and addresses, so that they meet each other often.
class Mesh {
 public:
  explicit Mesh(unsigned seed) : random_(seed) {}

  // A change of one source; `state` is what it has.
  mesh::Changes change(mesh::Resources& state) {
    const mesh::Resources before = state;
    for (unsigned n = 1 + below(4); n > 0; --n) edit(state);
    return mesh::difference(before, state);
  }
  bool once_in(unsigned n) { return below(n) == 0; }
  unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }

 private:
  template <typename T>
  static void put(std::vector<std::shared_ptr<const T>>& list, T resource, auto key) {
    const auto id = key(resource);
    auto at = std::ranges::lower_bound(list, id, {}, [&](const auto& r) { return key(*r); });
    auto made = std::make_shared<const T>(std::move(resource));
    if (at != list.end() && key(**at) == id) {
      *at = std::move(made);
    } else {
      list.insert(at, std::move(made));
    }
  }
  template <typename T>
  void drop_one(std::vector<std::shared_ptr<const T>>& list) {
    if (!list.empty()) list.erase(list.begin() + below(static_cast<unsigned>(list.size())));
  }

  void edit(mesh::Resources& state) {
    const auto id = [](const mesh::Service& service) { return service.id(); };
    const auto name = [](const auto& resource) {
      return std::pair(resource.meta.mesh, resource.meta.core_name());
    };
    switch (below(8)) {
      case 0:
        return drop_one(state.services);
      case 1:
        return drop_one(state.dataplanes);
      case 2:
        return once_in(2) ? drop_one(state.generators) : put(state.generators, generator(), name);
      case 3:
      case 4:
        return put(state.dataplanes, dataplane(), name);
      default:
        return put(state.services, service(), id);
    }
  }

  mesh::Meta meta(std::string name) {
    mesh::Meta meta;
    meta.mesh = once_in(6) ? "other" : "default";
    meta.name = std::move(name);
    if (once_in(3)) meta.creation_time = below(3);
    static const auto kFile = std::make_shared<const std::string>("mesh.yaml");
    meta.position = {kFile, 1 + below(50), 1};
    if (once_in(3)) meta.labels.set("team", once_in(2) ? "a" : "b");
    if (once_in(5)) meta.labels.set(mesh::label::kOrigin, "global");
    if (once_in(6)) meta.labels.set(mesh::label::kDisplayName, once_in(2) ? "x" : "Y");
    return meta;
  }

  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(static_cast<unsigned>(words.size())));
  }

  mesh::Service service() {
    mesh::Service service;
    service.kind = mesh::kKinds[below(3)];
    service.meta = meta(pick({"web", "redis", "db", "api", "x", "backend", "front"}));
    mesh::fill_labels(service.meta, {"west", "default", "universal"});
    service.ports = {{static_cast<std::uint16_t>(80 + below(2)), "main", std::uint16_t{80}, "tcp"}};
    if (service.kind == mesh::Kind::MeshService) {
      service.selector.by = mesh::Selector::By::DataplaneTags;
      service.selector.match.set(mesh::label::kServiceTag, pick({"web", "redis", "db"}));
    }
    if (once_in(6)) {
      service.vips = {mesh::Ip::v4(0xf1000000u + 1 + below(14))};
    }
    return service;
  }

  mesh::HostnameGenerator generator() {
    mesh::HostnameGenerator generator;
    generator.meta = meta(pick({"gen-a", "gen-b", "local-universal-mesh-service"}));
    generator.meta.mesh = "";
    generator.selects = mesh::kKinds[below(3)];
    if (once_in(2)) generator.match.set("team", once_in(2) ? "a" : "b");
    generator.template_text =
        pick({"{{ .DisplayName }}.svc.mesh.local", "{{ .Name }}.{{ .Mesh }}.mesh",
              "{{ label \"team\" }}.team.mesh", "fixed.example.com", "{{ .Nope }}",
              "{{ .DisplayName }}.{{ .Zone }}.mesh.local"});
    return generator;
  }

  mesh::Dataplane dataplane() {
    mesh::Dataplane dataplane;
    dataplane.meta = meta(pick({"dp-1", "dp-2", "dp-3", "dp-4"}));
    mesh::fill_labels(dataplane.meta, {"west", "default", "universal"});
    mesh::Inbound inbound;
    inbound.port = static_cast<std::uint16_t>(80 + below(2));
    inbound.name = "main";
    inbound.protocol = "tcp";
    inbound.state = mesh::Inbound::State(below(3));
    inbound.tags.set(mesh::label::kServiceTag, pick({"web", "redis", "db", "Bad_Name"}));
    dataplane.inbounds.push_back(std::move(inbound));
    return dataplane;
  }

  std::mt19937 random_;
};

std::string describe_id(const mesh::Service& service) {
  return mesh::to_string(service.id());
}
template <typename T>
std::string describe_id(const T& resource) {
  return resource.meta.core_name();
}

// What both sources have together, by the rule of pipeline/join.h in its plainest form.
template <typename T>
void join(const std::vector<std::shared_ptr<const T>>& first,
          const std::vector<std::shared_ptr<const T>>& second, auto id, std::string_view what,
          std::vector<std::shared_ptr<const T>>& all, mesh::Diagnostics& diagnostics) {
  all = first;
  for (const auto& resource : second) {
    const bool known =
        std::ranges::any_of(first, [&](const auto& f) { return id(*f) == id(*resource); });
    if (!known) {
      all.push_back(resource);
      continue;
    }
    diagnostics.push_back({mesh::Severity::Warning, resource->meta.position, "",
                           std::string(what.empty() ? "" : what) + describe_id(*resource) +
                               " is in the source one too, which takes precedence: this version is "
                               "not used"});
  }
  std::ranges::sort(all, {}, [&](const auto& r) { return id(*r); });
}
mesh::Resources joined(const mesh::Resources (&sources)[kSources], mesh::Diagnostics& diagnostics) {
  const auto name = [](const auto& r) { return std::pair(r.meta.mesh, r.meta.core_name()); };
  mesh::Resources all;
  join(
      sources[0].services, sources[1].services, [](const auto& s) { return s.id(); }, "",
      all.services, diagnostics);
  join(sources[0].generators, sources[1].generators, name, "HostnameGenerator ", all.generators,
       diagnostics);
  join(sources[0].dataplanes, sources[1].dataplanes, name, "Dataplane ", all.dataplanes,
       diagnostics);
  return all;
}

using Names = std::map<std::string, std::string>;

Names names_of(const Table& table) {
  Names names;
  TableEntry entry;
  for (Table::Reader reader(table); reader.next(entry);) {
    std::string& text = names[std::string(entry.hostname)];
    text = std::string(mesh::to_string(entry.owner_kind)) + ' ' + std::string(entry.owner_name);
    for (const mesh::Ip& ip : entry.addresses) text += ' ' + ip.to_string();
  }
  return names;
}

std::vector<std::string> texts(const mesh::Diagnostics& diagnostics) {
  std::vector<std::string> all;
  for (const mesh::Diagnostic& diagnostic : diagnostics) all.push_back(mesh::to_string(diagnostic));
  std::ranges::sort(all);
  return all;
}

std::string status_of(const ServiceView& view) {
  return boost::json::serialize(kuma_status_json(view));
}

// The specification is build(): after each edit the pipeline has what build() makes of everything.
TEST(PipelineTest, HasWhatBuildMakesOfEverything) {
  const config::Settings settings = small_mesh();
  Mesh mesh(kSeed);
  mesh::Resources sources[kSources];
  vip::Ledger ledger;  // of the specification
  Pipeline pipeline(settings, {"one", "two"}, {}, false);
  Names served;  // by the updates alone
  std::map<mesh::ServiceId, std::string> statuses;
  vip::Seconds now = 1'000'000;
  for (int edit = 0; edit < kEdits; ++edit) {
    SCOPED_TRACE("edit " + std::to_string(edit) + " of seed " + std::to_string(kSeed));
    const std::size_t source = mesh.below(kSources);
    pipeline.take(source, mesh.change(sources[source]), {});
    now += mesh.below(20);
    pipeline.propose(now);
    if (mesh.once_in(10)) continue;  // the commit failed
    const Update update = pipeline.accept();

    mesh::Diagnostics diagnostics;
    const mesh::Resources all = joined(sources, diagnostics);
    const Build whole = build(all, settings, ledger, now);
    ledger.apply(whole.allocation.changes);
    diagnostics.insert(diagnostics.end(), whole.diagnostics.begin(), whole.diagnostics.end());

    for (const NameChange& name : update.names) {
      const auto at = served.find(name.hostname);
      ASSERT_EQ(at == served.end() ? "" : at->second, describe(name.before)) << name.hostname;
      served.erase(name.hostname);
      if (name.after) served[name.hostname] = describe(name.after);
    }
    ASSERT_EQ(served, names_of(whole.table));
    Names visited;
    pipeline.visit_names([&](std::string_view hostname, const ServicePointer& service,
                             const std::vector<mesh::Ip>& addresses) {
      visited[std::string(hostname)] = describe(Served{service, addresses});
    });
    ASSERT_EQ(visited, served);
    ASSERT_EQ(pipeline.zones(), whole.table.zones());

    for (const ServicePointer& gone : update.gone) statuses.erase(gone->id());
    for (const ServicePointer& service : update.services) {
      statuses[service->id()] = status_of(pipeline.view(*service));
    }
    ASSERT_EQ(statuses.size(), whole.resources.services.size());
    for (std::size_t i = 0; i < whole.resources.services.size(); ++i) {
      const mesh::ServiceId id = whole.resources.services[i]->id();
      ASSERT_EQ(statuses[id], status_of(view(whole, i))) << mesh::to_string(id);
    }

    ASSERT_EQ(texts(pipeline.summary().problems), texts(diagnostics));
    ASSERT_EQ(pipeline.ledger().leases(), ledger.leases());
    const Summary expected = summarize(whole, {});
    const Summary summary = pipeline.summary();
    ASSERT_EQ(summary.services, expected.services);
    ASSERT_EQ(summary.collisions, expected.collisions);
    ASSERT_EQ(summary.template_errors, expected.template_errors);
    ASSERT_EQ(summary.without_vip, expected.without_vip);
    ASSERT_EQ(summary.pools.size(), expected.pools.size());
    for (std::size_t i = 0; i < expected.pools.size(); ++i) {
      ASSERT_EQ(summary.pools[i].used, expected.pools[i].used);
      ASSERT_EQ(summary.pools[i].quarantined, expected.pools[i].quarantined);
      ASSERT_EQ(summary.pools[i].tombstones, expected.pools[i].tombstones);
    }
  }
}

}  // namespace
}  // namespace pipeline
