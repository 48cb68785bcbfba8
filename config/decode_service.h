// MeshService, MeshExternalService and MeshMultiZoneService. Internal to the folder.
#pragma once

#include "config/decode.h"
#include "config/decode_meta.h"
#include "mesh/resources.h"

namespace config {

// What is wrong makes decoder.failed() true; the service is not to be used then.
mesh::Service decode_service(Decoder& decoder, const Node& document, const Shape& shape,
                             mesh::Kind kind, const mesh::Locality& locality);

}  // namespace config
