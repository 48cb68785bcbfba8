// The resources of a mesh as plain values: what config decodes and all else reads.
//
// Nothing here checks itself: config has checked every field before such a value
// exists, so that no one behind it checks again. Field names are Kuma's.
//
// Resources are immutable once made and shared between one table and the next,
// hence shared_ptr<const>: a reload of one document copies none of the others.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mesh/address.h"
#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "mesh/labels.h"
#include "mesh/list.h"

namespace mesh {

// What every resource has.
struct Meta {
  std::string mesh;        // "" for HostnameGenerators, which belong to no mesh
  std::string name;        // in the Kubernetes shape metadata.name, without the namespace
  std::string name_space;  // Kubernetes shape only, else ""
  Labels labels;           // the effective ones: config fills what is missing
  std::optional<std::int64_t> creation_time;  // ns since 1970; none counts as oldest
  Position position;                          // of the document's name

  // Kuma's core name: "redis", in the Kubernetes shape "redis.kuma-system".
  std::string core_name() const;
  // The label kuma.io/display-name if there is one, else the name.
  std::string_view display_name() const;
};

enum class Kind : std::uint8_t { MeshService, MeshExternalService, MeshMultiZoneService };
inline constexpr Kind kKinds[] = {Kind::MeshService, Kind::MeshExternalService,
                                  Kind::MeshMultiZoneService};

std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);

// Identity of a service. Orders by kind, mesh, name, which is the order of all output.
struct ServiceId {
  Kind kind = Kind::MeshService;
  std::string mesh;
  std::string name;  // the core name

  auto operator<=>(const ServiceId&) const = default;
};

std::string to_string(const ServiceId& id);  // "MeshService redis"; a mesh only if not "default"

struct Port {
  std::uint16_t port = 0;
  std::string name;                                 // never empty: the number if none is given
  std::variant<std::uint16_t, std::string> target;  // a number, or an inbound's name
  std::string app_protocol = "tcp";                 // lower case

  bool is_udp() const { return app_protocol == "udp"; }
  friend bool operator==(const Port&, const Port&) = default;
};

// Which Dataplanes (for a MeshMultiZoneService: which MeshServices) serve it.
struct Selector {
  enum class By : std::uint8_t {
    Nothing,          // none given: matches nothing
    DataplaneRef,     // `name`
    DataplaneLabels,  // `match`; empty matches every Dataplane of the mesh
    DataplaneTags,    // `match`, all in the tags of one inbound (Kuma 2.x)
    MeshServiceLabels,
  };
  By by = By::Nothing;
  std::string name;
  Labels match;
};

// Where a service comes from.
enum class Origin : std::uint8_t {
  Given,              // written by somebody
  Dataplanes,         // made of the Dataplanes that serve it
  KubernetesService,  // made of a Service; its VIPs are the cluster's, so that none is allocated
};

// What only a MeshExternalService has.
struct External {
  struct Endpoint {
    Address address;
    std::uint16_t port = 0;  // that of the match if none is given
    std::uint8_t priority = 0;
  };
  std::vector<Endpoint> endpoints;
  bool tls = false;  // towards the endpoints
  std::string spec;  // as given, as JSON; "" if it is what external_spec() makes of the rest
};

struct Service {
  Kind kind = Kind::MeshService;
  Origin origin = Origin::Given;
  Meta meta;
  Selector selector;
  List<Port> ports;
  List<Ip> vips;                             // status.vips as given: they are kept
  std::shared_ptr<const External> external;  // of a MeshExternalService only

  ServiceId id() const { return {kind, meta.mesh, meta.core_name()}; }
};

// The spec of a MeshExternalService as JSON: as it was given, but for key material.
std::string external_spec(const Service& service);

struct HostnameGenerator {
  Meta meta;
  Kind selects = Kind::MeshService;
  Labels match;               // empty matches every service of the kind
  std::string template_text;  // spec.template
  Position template_position;
  bool built_in = false;  // one of Kuma's defaults, not given
};

struct Inbound {
  enum class State : std::uint8_t { Ready, NotReady, Ignored };
  std::uint16_t port = 0;
  std::string name;      // never empty: the number if none is given
  std::string protocol;  // lower case, "" if none is given
  State state = State::Ready;
  Labels tags;
  std::optional<Address> address;  // none: the Dataplane's
};

struct Dataplane {
  Meta meta;
  std::vector<Inbound> inbounds;
  Address address;
  std::optional<Address>
      advertised_address;  // by which others reach it, where `address` doesn't do

  // By which others reach the inbound.
  const Address& address_of(const Inbound& inbound) const;
};

struct Resources {
  std::vector<std::shared_ptr<const Service>> services;
  std::vector<std::shared_ptr<const HostnameGenerator>> generators;
  std::vector<std::shared_ptr<const Dataplane>> dataplanes;
};

// Where we are: what fills the labels that a file leaves out.
struct Locality {
  std::string zone = "default";
  std::string mesh = "default";
  std::string env = "universal";  // or "kubernetes": the mode
};

// Fills the labels that are missing, as Kuma does on write: display-name, origin, and where the
// origin is "zone" also zone and env; of a mesh-scoped resource its mesh, of the Kubernetes shape
// its namespace.
void fill_labels(Meta& meta, const Locality& locality);

}  // namespace mesh
