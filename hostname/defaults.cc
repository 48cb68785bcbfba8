#include "hostname/defaults.h"

#include <algorithm>
#include <set>

#include "hostname/generator.h"

namespace hostname {
namespace {

using mesh::Kind;
namespace label = mesh::label;

// A generator that Kuma makes itself. `origin` is the label of the services that it names.
struct Default {
  const char* name;
  Kind selects;
  const char* origin;
  const char* env;       // of the services, or null for any
  const char* headless;  // likewise
  const char* text;
};

constexpr const char* kHeadlessLabel = "k8s.kuma.io/is-headless-service";

// Those of a zone itself.
constexpr Default kOfZone[] = {
    {"local-mesh-external-service", Kind::MeshExternalService, "zone", nullptr, nullptr,
     "{{ .DisplayName }}.extsvc.mesh.local"},
    {"local-universal-mesh-service", Kind::MeshService, "zone", nullptr, nullptr,
     "{{ .DisplayName }}.svc.mesh.local"},
};

// Those that a global control plane makes and every zone receives.
constexpr Default kOfGlobal[] = {
    {"synced-headless-kube-mesh-service", Kind::MeshService, "global", "kubernetes", "true",
     "{{ label \"statefulset.kubernetes.io/pod-name\" }}.{{ label \"k8s.kuma.io/service-name\" }}."
     "{{ .Namespace }}.svc.{{ .Zone }}.mesh.local"},
    {"synced-kube-mesh-service", Kind::MeshService, "global", "kubernetes", "false",
     "{{ .DisplayName }}.{{ .Namespace }}.svc.{{ .Zone }}.mesh.local"},
    {"synced-mesh-external-service", Kind::MeshExternalService, "global", nullptr, nullptr,
     "{{ .DisplayName }}.extsvc.mesh.local"},
    {"synced-mesh-multi-zone-service", Kind::MeshMultiZoneService, "global", nullptr, nullptr,
     "{{ .DisplayName }}.mzsvc.mesh.local"},
    {"synced-universal-mesh-service", Kind::MeshService, "global", "universal", nullptr,
     "{{ .DisplayName }}.svc.{{ .Zone }}.mesh.local"},
};

std::shared_ptr<const mesh::HostnameGenerator> make(const Default& from, const char* origin) {
  auto generator = std::make_shared<mesh::HostnameGenerator>();
  generator->meta.name = from.name;
  generator->meta.labels.set(label::kOrigin, origin);
  generator->selects = from.selects;
  generator->match.set(label::kOrigin, from.origin);
  if (from.env != nullptr) generator->match.set(label::kEnv, from.env);
  if (from.headless != nullptr) generator->match.set(kHeadlessLabel, from.headless);
  generator->template_text = from.text;
  generator->built_in = true;
  return generator;
}

}  // namespace

std::vector<std::shared_ptr<const mesh::HostnameGenerator>> default_generators(
    std::string_view env) {
  std::vector<std::shared_ptr<const mesh::HostnameGenerator>> generators;
  for (const Default& from : kOfZone) {
    // On Kubernetes the cluster's DNS names the zone's own services.
    if (env == "kubernetes" && from.selects == Kind::MeshService) continue;
    generators.push_back(make(from, "zone"));
  }
  for (const Default& from : kOfGlobal) generators.push_back(make(from, "global"));
  return generators;
}

std::vector<std::shared_ptr<const mesh::HostnameGenerator>> with_defaults(
    std::vector<std::shared_ptr<const mesh::HostnameGenerator>> given, std::string_view env) {
  std::set<std::string> names;
  for (const auto& generator : given) names.insert(generator->meta.name);
  for (auto& generator : default_generators(env)) {
    if (!names.contains(generator->meta.name)) given.push_back(std::move(generator));
  }
  return given;
}

Defaults::Defaults(std::string_view env) {
  for (auto& generator : default_generators(env)) defaults_.push_back({std::move(generator)});
}

Defaults::Changes Defaults::apply(Changes given) {
  const auto count = [&](const auto& generator, std::size_t by) {
    if (generator == nullptr) return;
    for (Default& each : defaults_) {
      if (each.generator->meta.name == generator->meta.name) each.given += by;
    }
  };
  for (const auto& changed : given) {
    count(changed.before, static_cast<std::size_t>(-1));
    count(changed.after, 1);
  }
  for (Default& each : defaults_) {
    const bool in_use = each.given == 0;
    if (in_use == each.in_use) continue;
    each.in_use = in_use;
    // One given in the universal shape takes the default's identity over, or leaves it.
    auto changed = std::ranges::find_if(given, [&](const auto& other) {
      return other.either().meta.core_name() == each.generator->meta.name;
    });
    if (changed == given.end()) changed = given.insert(given.end(), {nullptr, nullptr});
    (in_use ? changed->after : changed->before) = each.generator;
  }
  return given;
}

}  // namespace hostname
