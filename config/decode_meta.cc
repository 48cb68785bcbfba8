#include "config/decode_meta.h"

#include <algorithm>
#include <vector>

#include "config/time.h"

namespace config {
namespace {

constexpr Path kRoot;

void check_name(Decoder& decoder, const Node& node, const Path& path, const std::string& name) {
  if (is_subdomain(name)) return;
  decoder.error(node, path,
                "\"" + name +
                    "\" is no name: at most 253 of a-z, 0-9, '-' and '.', beginning and ending "
                    "with a letter or a digit");
}

void decode_time(Decoder& decoder, const Node* node, const Path& path, mesh::Meta& meta) {
  if (node == nullptr) return;
  if (node->kind == Node::Kind::Scalar) meta.creation_time = parse_time(node->text);
  if (meta.creation_time) return;
  decoder.error(*node, path,
                "expected a time, as \"2024-05-06T07:08:09Z\", found " + described(*node));
}

// The parts of a meta as they stand in the document.
struct Parts {
  const Node* map = nullptr;   // that they are fields of
  Path path;                   // of `map`
  const char* time = nullptr;  // the name of the creation time's field
};

void decode_name(Decoder& decoder, const Parts& parts, mesh::Meta& meta) {
  const Node* name = decoder.require(*parts.map, "name", parts.path);
  if (name == nullptr) return;
  meta.position = decoder.source().at(*name);
  const Path path = parts.path / "name";
  // A name may look like a number, as Kubernetes allows; then it must be quoted.
  if (auto text = decoder.string(*name, path)) {
    check_name(decoder, *name, path, *text);
    meta.name = std::move(*text);
  }
}

void decode_namespace(Decoder& decoder, const Parts& parts, mesh::Meta& meta) {
  const Node* node = Decoder::find(*parts.map, "namespace");
  if (node == nullptr) return;
  const Path path = parts.path / "namespace";
  if (auto text = decoder.string(*node, path)) {
    check_name(decoder, *node, path, *text);
    meta.name_space = std::move(*text);
  }
}

void decode_labels(Decoder& decoder, const Parts& parts, mesh::Meta& meta) {
  const Node* node = Decoder::find(*parts.map, "labels");
  if (node == nullptr) return;
  const Path path = parts.path / "labels";
  meta.labels = decoder.labels(*node, path);
  const auto origin = meta.labels.get(mesh::label::kOrigin);
  if (origin && origin != "zone" && origin != "global") {
    decoder.error(*node->find(mesh::label::kOrigin), path / mesh::label::kOrigin,
                  "expected one of zone, global, found \"" + std::string(*origin) + '"');
  }
}

// In the universal shape a field, in the Kubernetes shape a label; where both are given they agree.
void decode_mesh(Decoder& decoder, const Node& document, bool kubernetes, mesh::Meta& meta) {
  const auto label = meta.labels.get(mesh::label::kMesh);
  const Node* field = kubernetes ? nullptr : Decoder::find(document, "mesh");
  meta.mesh = label.value_or("default");
  if (field == nullptr) return;
  auto name = decoder.string(*field, kRoot / "mesh");
  if (!name) return;
  if (label && *label != *name) {
    decoder.error(*field, kRoot / "mesh",
                  "is \"" + *name + "\", but the label kuma.io/mesh says \"" + std::string(*label) +
                      "\": remove one of them");
  }
  check_name(decoder, *field, kRoot / "mesh", *name);
  meta.mesh = std::move(*name);
}

void check_fields(Decoder& decoder, const Node& document, const Parts& parts, bool kubernetes,
                  Scope scope) {
  if (kubernetes) {
    decoder.only(
        *parts.map, parts.path,
        {"name", "namespace", "labels", "annotations", "creationTimestamp", "uid",
         "resourceVersion", "generation", "generateName", "managedFields", "ownerReferences",
         "finalizers", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"});
  } else if (scope == Scope::Global && document.find("mesh") != nullptr) {
    decoder.warn(*document.find("mesh"), kRoot / "mesh",
                 "a HostnameGenerator belongs to no mesh; the field is ignored");
  }
}

}  // namespace

mesh::Meta decode_meta(Decoder& decoder, const Node& document, const Shape& shape, Scope scope,
                       const mesh::Locality& locality,
                       std::initializer_list<std::string_view> more) {
  mesh::Meta meta;
  meta.position = decoder.source().at(document);
  std::vector<std::string_view> known =
      shape.kubernetes
          ? std::vector<std::string_view>{"apiVersion", "kind", "metadata", "spec", "status"}
          : std::vector<std::string_view>{"type",   "mesh",         "name",
                                          "labels", "creationTime", "modificationTime",
                                          "kri",    "spec",         "status"};
  known.insert(known.end(), more);
  decoder.only(document, kRoot, known);
  const Path metadata = kRoot / "metadata";
  Parts parts{&document, kRoot, "creationTime"};
  if (shape.kubernetes) {
    const Node* map = decoder.require(document, "metadata", kRoot);
    if (map == nullptr || !decoder.map(*map, metadata)) return meta;
    parts = {map, metadata, "creationTimestamp"};
  }
  check_fields(decoder, document, parts, shape.kubernetes, scope);
  decode_name(decoder, parts, meta);
  if (shape.kubernetes) decode_namespace(decoder, parts, meta);
  decode_labels(decoder, parts, meta);
  decode_time(decoder, Decoder::find(*parts.map, parts.time), parts.path / parts.time, meta);
  if (scope == Scope::Mesh) decode_mesh(decoder, document, shape.kubernetes, meta);
  mesh::fill_labels(meta, locality);
  return meta;
}

}  // namespace config
