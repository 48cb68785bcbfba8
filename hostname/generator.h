// Makes the hostnames of all services: which generator names which service, in which order, and
// who keeps a name that two claim (Kuma's hostname generator, with one owner across all kinds).
//
// A pure function of values: the same input gives the same output, whatever the order of the
// resources in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace hostname {

// Why a generator did or did not name a service: the condition "Generated" of Kuma.
// ClusterDomain is
// ours: the name belongs to the cluster's DNS.
enum class Reason : std::uint8_t { Generated, Collision, TemplateError, ClusterDomain };

std::string_view to_string(Reason reason);

// What one generator made of one service that it selects.
struct Outcome {
  std::uint32_t generator = 0;  // index into Hostnames::generators
  Reason reason = Reason::Generated;
  // Generated: the name it has. Collision, ClusterDomain: the name it wanted. Else "".
  std::string hostname;
  std::string message;  // "" when Generated

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// A generator in its place in the order, with what became of its template.
struct OrderedGenerator {
  std::shared_ptr<const mesh::HostnameGenerator> generator;
  std::string core_name;
  // The DNS zone that its names are in: "svc.mesh.local". Empty when the template has no literal
  // suffix that is a name: then the generator owns single names.
  std::string zone;
  bool compiled = false;  // false: the template is an error, and names nothing
};

struct Hostnames {
  std::vector<OrderedGenerator> generators;  // first claim first
  // One entry a service, as Resources::services is ordered; its outcomes sorted by core name of
  // the generator, as Kuma's status is. None: no generator selects the service.
  std::vector<std::vector<Outcome>> outcomes;
  mesh::Diagnostics diagnostics;
};

// Names every service of every mesh. `local_zone` is .Zone of a service without the label
// kuma.io/zone. Names within `cluster_domain`, if it isn't empty, are the cluster's own, and nobody
// is given one.
Hostnames generate(const mesh::Resources& resources, std::string_view local_zone,
                   std::string_view cluster_domain = "");

// Kuma's default generators for a zone: its own and those a global control plane would sync.
// `env` is "universal" or "kubernetes"; the latter has none for local MeshServices, whose names
// are the cluster's.
std::vector<std::shared_ptr<const mesh::HostnameGenerator>> default_generators(
    std::string_view env);

// `given` and those defaults whose name none of the given has.
std::vector<std::shared_ptr<const mesh::HostnameGenerator>> with_defaults(
    std::vector<std::shared_ptr<const mesh::HostnameGenerator>> given, std::string_view env);

// Why `text` cannot be a hostname in DNS (RFC 1123, 2.1; RFC 1035, 2.3.4), or nothing if it can.
// Names the label that breaks the rule.
std::optional<std::string> why_not_a_hostname(std::string_view text);

// True if `hostname` is `domain`, or below it; false of an empty domain.
bool is_within(std::string_view hostname, std::string_view domain);

// True under the suffixes that are nobody's on the Internet: .mesh, .local, .internal, .test,
// .home.arpa, and their like. Names elsewhere hide names of the Internet.
bool is_under_private_suffix(std::string_view hostname);
std::span<const std::string_view> private_suffixes();

}  // namespace hostname
