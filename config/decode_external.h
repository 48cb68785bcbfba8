// The spec of a MeshExternalService. Internal to the folder.
#pragma once

#include "config/decode.h"
#include "mesh/resources.h"

namespace config {

// REQUIRES: spec.is_map()
void decode_external(Decoder& decoder, const Node& spec, mesh::Service& service);

}  // namespace config
