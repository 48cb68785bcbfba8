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

void fill_labels(Meta& meta, const Locality& locality) {
  Labels& labels = meta.labels;
  labels.set_default(label::kDisplayName, meta.name);
  if (!meta.mesh.empty()) labels.set_default(label::kMesh, meta.mesh);
  labels.set_default(label::kOrigin, "zone");
  if (!meta.name_space.empty()) labels.set_default(label::kNamespace, meta.name_space);
  if (labels.get(label::kOrigin) != "zone") return;
  labels.set_default(label::kZone, locality.zone);
  labels.set_default(label::kEnv, locality.env);
}

}  // namespace mesh
