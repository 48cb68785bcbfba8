#include "config/decode_service.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "config/decode_external.h"

namespace config {
namespace {

using mesh::Kind;
using mesh::Selector;
using mesh::Service;

constexpr Path kRoot;
const Path kSpec = kRoot / "spec";

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Those that Kuma's proxies know, and those that Kubernetes Services have besides.
bool is_known_protocol(std::string_view protocol) {
  constexpr std::string_view kKnown[] = {"tcp", "udp",   "http",  "http2", "https", "grpc",
                                         "tls", "kafka", "mysql", "ws",    "wss"};
  return std::ranges::find(kKnown, protocol) != std::end(kKnown) ||
         protocol.starts_with("kubernetes.io/");
}

void decode_protocol(Decoder& decoder, const Node& node, const Path& path, mesh::Port& port) {
  auto text = decoder.string(node, path);
  if (!text || text->empty()) return;
  port.app_protocol = lowered(std::move(*text));
  if (!is_known_protocol(port.app_protocol)) {
    decoder.warn(node, path,
                 "\"" + port.app_protocol +
                     "\" is a protocol that Kuma doesn't know; it is kept and served as TCP");
  }
}

// _NAME must be a label of an SRV owner.
bool is_srv_label(std::string_view name) {
  return name.size() <= 62 && std::ranges::all_of(name, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
         });
}

void decode_port_name(Decoder& decoder, const Node& node, const Path& path, mesh::Port& port) {
  auto name = decoder.string(node, path);
  if (!name) return;
  if (name->empty()) {
    decoder.error(node, path, "is empty: leave it out, then the port number is the name");
    return;
  }
  if (!is_srv_label(*name)) {
    decoder.warn(node, path,
                 "\"" + *name +
                     "\" has no SRV records: a label of at most 62 letters, digits, '-' and '_' "
                     "would");
  }
  port.name = std::move(*name);
}

void decode_target(Decoder& decoder, const Node& node, const Path& path, mesh::Port& port) {
  if (node.kind == Node::Kind::Scalar && !is_typed(node) && !node.text.empty()) {
    port.target = node.text;
  } else if (const auto number = decoder.port(node, path)) {
    port.target = *number;
  }
}

mesh::Port decode_port(Decoder& decoder, const Node& node, const Path& path, bool has_target) {
  mesh::Port port;
  if (!decoder.map(node, path)) return port;
  if (has_target) {
    decoder.only(node, path, {"port", "name", "targetPort", "appProtocol"});
  } else {
    decoder.only(node, path, {"port", "name", "appProtocol"});
  }
  if (const Node* number = decoder.require(node, "port", path)) {
    port.port = decoder.port(*number, path / "port").value_or(0);
  }
  port.name = std::to_string(port.port);
  port.target = port.port;
  if (const Node* name = Decoder::find(node, "name")) {
    decode_port_name(decoder, *name, path / "name", port);
  }
  if (const Node* target = has_target ? Decoder::find(node, "targetPort") : nullptr) {
    decode_target(decoder, *target, path / "targetPort", port);
  }
  if (const Node* protocol = Decoder::find(node, "appProtocol")) {
    decode_protocol(decoder, *protocol, path / "appProtocol", port);
  }
  return port;
}

// A client can't tell two ports of one number, nor two of one name.
void check_distinct(Decoder& decoder, const Node& node, const Path& path,
                    const std::vector<mesh::Port>& before, const mesh::Port& port) {
  for (const mesh::Port& other : before) {
    if (port.port != 0 && other.port == port.port) {
      decoder.error(node, path / "port", "port " + std::to_string(port.port) + " is given twice");
    } else if (other.name == port.name && port.port != 0) {
      decoder.error(node, path / "name", "the port name \"" + port.name + "\" is given twice");
    }
  }
}

void decode_ports(Decoder& decoder, const Node& spec, bool multi_zone, Service& service) {
  const Path path = kSpec / "ports";
  const Node* ports = Decoder::find(spec, "ports");
  if (multi_zone && (ports == nullptr || ports->items.empty())) {
    decoder.error(spec, path, "expected at least one port");
    return;
  }
  if (ports == nullptr || !decoder.sequence(*ports, path)) return;
  std::vector<mesh::Port> all;
  all.reserve(ports->items.size());
  for (std::size_t i = 0; i < ports->items.size(); ++i) {
    mesh::Port port = decode_port(decoder, ports->items[i], path[i], !multi_zone);
    check_distinct(decoder, ports->items[i], path[i], all, port);
    all.push_back(std::move(port));
  }
  service.ports = std::move(all);
}

// {matchLabels: {...}}; an absent or empty one matches all.
mesh::Labels decode_match(Decoder& decoder, const Node& node, const Path& path) {
  if (!decoder.map(node, path)) return {};
  decoder.only(node, path, {"matchLabels"});
  const Node* labels = Decoder::find(node, "matchLabels");
  return labels == nullptr ? mesh::Labels() : decoder.labels(*labels, path / "matchLabels");
}

void decode_ref(Decoder& decoder, const Node& node, const Path& path, Selector& selector) {
  if (!decoder.map(node, path)) return;
  decoder.only(node, path, {"name"});
  if (const Node* name = decoder.require(node, "name", path)) {
    selector.name = decoder.string(*name, path / "name").value_or("");
  }
}

Selector decode_selector(Decoder& decoder, const Node& node) {
  const Path path = kSpec / "selector";
  Selector selector;
  if (!decoder.map(node, path)) return selector;
  decoder.only(node, path, {"dataplaneTags", "dataplaneLabels", "dataplaneRef"});
  int given = 0;
  if (const Node* tags = node.find("dataplaneTags")) {
    ++given;
    selector.by = Selector::By::DataplaneTags;
    if (tags->kind != Node::Kind::Null) {
      selector.match = decoder.labels(*tags, path / "dataplaneTags");
    }
  }
  if (const Node* labels = node.find("dataplaneLabels")) {
    ++given;
    selector.by = Selector::By::DataplaneLabels;
    if (labels->kind != Node::Kind::Null) {
      selector.match = decode_match(decoder, *labels, path / "dataplaneLabels");
    }
  }
  if (const Node* ref = node.find("dataplaneRef")) {
    ++given;
    if (ref->kind != Node::Kind::Null) {
      selector.by = Selector::By::DataplaneRef;
      decode_ref(decoder, *ref, path / "dataplaneRef", selector);
    }
  }
  if (given > 1) {
    decoder.error(node, path,
                  std::to_string(given) +
                      " selectors; at most one of dataplaneTags, dataplaneLabels, "
                      "dataplaneRef");
  }
  return selector;
}

void decode_multi_zone_selector(Decoder& decoder, const Node& spec, Service& service) {
  const Path path = kSpec / "selector";
  service.selector.by = Selector::By::MeshServiceLabels;
  const Node* selector = decoder.require(spec, "selector", kSpec);
  if (selector == nullptr || !decoder.map(*selector, path)) return;
  decoder.only(*selector, path, {"meshService"});
  const Node* services = decoder.require(*selector, "meshService", path);
  if (services == nullptr) return;
  service.selector.match = decode_match(decoder, *services, path / "meshService");
  if (service.selector.match.empty()) {
    decoder.error(*services, path / "meshService" / "matchLabels",
                  "expected at least one label, since an empty one would match nothing");
  }
}

void decode_mesh_service(Decoder& decoder, const Node& spec, Service& service) {
  decoder.only(spec, kSpec, {"selector", "ports", "state", "identities"});
  if (const Node* selector = Decoder::find(spec, "selector")) {
    service.selector = decode_selector(decoder, *selector);
  }
  if (const Node* state = Decoder::find(spec, "state")) {
    decoder.word(*state, kSpec / "state", {"Available", "Unavailable"});
  }
  decode_ports(decoder, spec, false, service);
}

void decode_multi_zone(Decoder& decoder, const Node& spec, Service& service) {
  decoder.only(spec, kSpec, {"selector", "ports"});
  decode_multi_zone_selector(decoder, spec, service);
  decode_ports(decoder, spec, true, service);
}

void decode_vip(Decoder& decoder, const Node& node, const Path& path, Service& service) {
  if (!decoder.map(node, path)) return;
  const Node* text = Decoder::find(node, "ip");
  if (text == nullptr || (text->kind == Node::Kind::Scalar && text->text.empty())) return;
  const auto ip = mesh::Ip::parse(text->text);
  if (!ip) {
    decoder.error(*text, path / "ip", "expected an IP address, found " + described(*text));
    return;
  }
  if (std::ranges::find(service.vips, *ip) == service.vips.end()) service.vips.push_back(*ip);
}

// Of a status only the VIPs count: the rest is what we make ourselves.
void decode_status(Decoder& decoder, const Node& status, Service& service) {
  const Path path = kRoot / "status";
  if (!decoder.map(status, path)) return;
  if (const Node* vip = Decoder::find(status, "vip")) {
    decode_vip(decoder, *vip, path / "vip", service);
  }
  const Node* vips = Decoder::find(status, "vips");
  if (vips == nullptr || !decoder.sequence(*vips, path / "vips")) return;
  for (std::size_t i = 0; i < vips->items.size(); ++i) {
    decode_vip(decoder, vips->items[i], (path / "vips")[i], service);
  }
}

// Kuma 3.x wants an RFC 1035 label as display name; 2.x lets other names be, and so do we.
void check_display_name(Decoder& decoder, const Node& document, const Service& service) {
  const std::string_view name = service.meta.display_name();
  if (decoder.failed() || is_rfc1035_label(name)) return;
  decoder.warn(document, kRoot / "name",
               "Kuma 3 refuses the name \"" + std::string(name) +
                   "\": at most 63 of a-z, 0-9 and '-', beginning with a letter");
}

}  // namespace

Service decode_service(Decoder& decoder, const Node& document, const Shape& shape, Kind kind,
                       const mesh::Locality& locality) {
  Service service;
  service.kind = kind;
  service.meta = decode_meta(decoder, document, shape, Scope::Mesh, locality);
  check_display_name(decoder, document, service);
  if (shape.status != nullptr) decode_status(decoder, *shape.status, service);
  if (shape.spec == nullptr) {
    if (kind != Kind::MeshService) decoder.error(document, kSpec, "is missing");
    return service;
  }
  if (!decoder.map(*shape.spec, kSpec)) return service;
  switch (kind) {
    case Kind::MeshService:
      decode_mesh_service(decoder, *shape.spec, service);
      break;
    case Kind::MeshMultiZoneService:
      decode_multi_zone(decoder, *shape.spec, service);
      break;
    case Kind::MeshExternalService:
      decode_external(decoder, *shape.spec, service);
      break;
  }
  service.meta.labels.share();
  service.ports.share();
  return service;
}

}  // namespace config
