#include "config/decode_dataplane.h"

#include <cctype>

namespace config {
namespace {

using mesh::Dataplane;
using mesh::Inbound;

constexpr Path kRoot;

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Nothing is given for what is neither an IP address nor a DNS name.
std::optional<mesh::Address> decode_address(Decoder& decoder, const Node& node, const Path& path) {
  const auto text = decoder.string(node, path);
  if (!text) return std::nullopt;
  const mesh::Address address = mesh::to_address(*text);
  const bool is_name = std::holds_alternative<std::string>(address);
  if (!mesh::is_unspecified(address) && (!is_name || is_subdomain(*text))) return address;
  decoder.error(node, path,
                "expected the IP address or DNS name by which others reach the Dataplane, found " +
                    described(node));
  return std::nullopt;
}

// One that may be missing. Kuma reads an empty one as missing.
std::optional<mesh::Address> decode_own_address(Decoder& decoder, const Node& map,
                                                std::string_view key, const Path& path) {
  const Node* node = Decoder::find(map, key);
  if (node == nullptr || (node->kind == Node::Kind::Scalar && node->text.empty())) return {};
  return decode_address(decoder, *node, path / key);
}

void decode_addresses(Decoder& decoder, const Node& networking, const Path& path,
                      Dataplane& dataplane) {
  if (const Node* node = decoder.require(networking, "address", path)) {
    dataplane.address = decode_address(decoder, *node, path / "address").value_or(mesh::Ip());
  }
  dataplane.advertised_address = decode_own_address(decoder, networking, "advertisedAddress", path);
}

Inbound::State decode_state(Decoder& decoder, const Node& node, const Path& path) {
  const auto word = decoder.word(node, path, {"Ready", "NotReady", "Ignored"});
  if (word == "NotReady") return Inbound::State::NotReady;
  if (word == "Ignored") return Inbound::State::Ignored;
  return Inbound::State::Ready;
}

// health.ready: false, of Kuma 2.x, is the state NotReady.
void decode_health(Decoder& decoder, const Node& node, const Path& path, Inbound& inbound) {
  if (!decoder.map(node, path)) return;
  decoder.only(node, path, {"ready"});
  const Node* ready = Decoder::find(node, "ready");
  if (ready == nullptr) return;
  const bool is_ready = decoder.boolean(*ready, path / "ready").value_or(true);
  if (!is_ready && inbound.state == Inbound::State::Ready) inbound.state = Inbound::State::NotReady;
}

void decode_texts(Decoder& decoder, const Node& node, const Path& path, Inbound& inbound) {
  if (const Node* name = Decoder::find(node, "name")) {
    inbound.name = decoder.string(*name, path / "name").value_or("");
  }
  if (inbound.name.empty()) inbound.name = std::to_string(inbound.port);
  if (const Node* protocol = Decoder::find(node, "protocol")) {
    inbound.protocol = lowered(decoder.string(*protocol, path / "protocol").value_or(""));
  }
  if (const Node* tags = Decoder::find(node, "tags")) {
    inbound.tags = decoder.labels(*tags, path / "tags");
  }
}

Inbound decode_inbound(Decoder& decoder, const Node& node, const Path& path) {
  Inbound inbound;
  if (!decoder.map(node, path)) return inbound;
  decoder.only(node, path,
               {"port", "servicePort", "address", "serviceAddress", "name", "protocol", "state",
                "health", "tags", "serviceProbe"});
  if (const Node* port = decoder.require(node, "port", path)) {
    inbound.port = decoder.port(*port, path / "port").value_or(0);
  }
  if (const Node* port = Decoder::find(node, "servicePort")) {
    decoder.integer(*port, path / "servicePort", 0, 65535);
  }
  inbound.address = decode_own_address(decoder, node, "address", path);
  if (const Node* state = Decoder::find(node, "state")) {
    inbound.state = decode_state(decoder, *state, path / "state");
  }
  if (const Node* health = Decoder::find(node, "health")) {
    decode_health(decoder, *health, path / "health", inbound);
  }
  decode_texts(decoder, node, path, inbound);
  return inbound;
}

void decode_networking(Decoder& decoder, const Node& node, const Path& path, Dataplane& dataplane) {
  if (!decoder.map(node, path)) return;
  decoder.only(node, path,
               {"address", "advertisedAddress", "inbound", "outbound", "listeners", "gateway",
                "transparentProxying", "admin"});
  decode_addresses(decoder, node, path, dataplane);
  const Path inbounds = path / "inbound";
  const Node* list = Decoder::find(node, "inbound");
  if (list == nullptr || !decoder.sequence(*list, inbounds)) return;
  dataplane.inbounds.reserve(list->items.size());
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    dataplane.inbounds.push_back(decode_inbound(decoder, list->items[i], inbounds[i]));
  }
}

}  // namespace

Dataplane decode_dataplane(Decoder& decoder, const Node& document, const Shape& shape,
                           const mesh::Locality& locality) {
  Dataplane dataplane;
  dataplane.meta = decode_meta(decoder, document, shape, Scope::Mesh, locality,
                               {"networking", "metrics", "probes", "envoy"});
  const Path spec = kRoot / "spec";
  const Node* networking = Decoder::find(document, "networking");
  const bool flat = networking != nullptr;
  if (!flat && shape.spec != nullptr && decoder.map(*shape.spec, spec)) {
    decoder.only(*shape.spec, spec, {"networking", "metrics", "probes", "envoy"});
    networking = Decoder::find(*shape.spec, "networking");
  }
  if (networking == nullptr) {
    decoder.error(document, kRoot / "networking", "is missing");
    return dataplane;
  }
  decode_networking(decoder, *networking, flat ? kRoot / "networking" : spec / "networking",
                    dataplane);
  return dataplane;
}

}  // namespace config
