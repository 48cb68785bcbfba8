// What all resources have, in Kuma's universal shape and in the Kubernetes shape. Internal to the
// folder.
#pragma once

#include <optional>
#include <string_view>

#include "config/decode.h"
#include "mesh/resources.h"

namespace config {

enum class Scope : std::uint8_t { Mesh, Global };

// The shape a document is in, and where in it things are.
struct Shape {
  bool kubernetes = false;
  std::string_view kind;
  const Node* spec = nullptr;    // null: absent
  const Node* status = nullptr;  // null: absent
};

// Decodes name, namespace, mesh, labels and creation time, and fills the labels that are missing.
// The document's own fields are checked against those of its shape and `more`.
mesh::Meta decode_meta(Decoder& decoder, const Node& document, const Shape& shape, Scope scope,
                       const mesh::Locality& locality,
                       std::initializer_list<std::string_view> more = {});

}  // namespace config
