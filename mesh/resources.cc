#include "mesh/resources.h"

namespace mesh {

std::string Meta::core_name() const {
  return name_space.empty() ? name : name + '.' + name_space;
}

std::string_view Meta::display_name() const {
  return labels.get(label::kDisplayName).value_or(name);
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::MeshService:
      return "MeshService";
    case Kind::MeshExternalService:
      return "MeshExternalService";
    case Kind::MeshMultiZoneService:
      return "MeshMultiZoneService";
  }
  return "";
}

std::optional<Kind> parse_kind(std::string_view text) {
  for (const Kind kind : kKinds) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

std::string to_string(const ServiceId& id) {
  std::string text(to_string(id.kind));
  text += ' ' + id.name;
  if (id.mesh != "default") text += " (mesh " + id.mesh + ')';
  return text;
}

std::string external_spec(const Service& service) {
  if (service.external && !service.external->spec.empty()) return service.external->spec;
  std::string text = R"({"match":{"type":"HostnameGenerator")";
  for (const Port& port : service.ports) {
    text +=
        R"(,"port":)" + std::to_string(port.port) + R"(,"protocol":")" + port.app_protocol + '"';
  }
  text += '}';
  if (service.external && !service.external->endpoints.empty()) {
    std::string_view before = R"(,"endpoints":[)";
    for (const External::Endpoint& endpoint : service.external->endpoints) {
      text.append(before).append(R"({"address":")").append(to_string(endpoint.address));
      text.append(R"(","port":)").append(std::to_string(endpoint.port));
      if (endpoint.priority != 0) text += R"(,"priority":)" + std::to_string(endpoint.priority);
      text += '}';
      before = ",";
    }
    text += ']';
  }
  return text + '}';
}

const Address& Dataplane::address_of(const Inbound& inbound) const {
  if (inbound.address) return *inbound.address;
  return advertised_address ? *advertised_address : address;
}

void fill_labels(Meta& meta, const Locality& locality) {
  using Pair = Labels::Pair;
  Labels& labels = meta.labels;
  const bool ours = labels.get(label::kOrigin).value_or("zone") == "zone";
  // Sorted by key.
  if (!meta.name_space.empty()) labels.set_default(label::kNamespace, meta.name_space);
  labels.set_defaults({Pair(label::kDisplayName, meta.name), Pair(label::kOrigin, "zone")});
  if (!meta.mesh.empty()) labels.set_default(label::kMesh, meta.mesh);
  if (ours) {
    labels.set_defaults({Pair(label::kEnv, locality.env), Pair(label::kZone, locality.zone)});
  }
}

}  // namespace mesh
