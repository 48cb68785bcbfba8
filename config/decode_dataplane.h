// Dataplane: what of it decides which MeshServices it serves. Internal to the folder.
#pragma once

#include "config/decode.h"
#include "config/decode_meta.h"
#include "mesh/resources.h"

namespace config {

// What is wrong makes decoder.failed() true. Both forms are read: `networking` at the top, as
// universal documents have it, and in `spec`.
mesh::Dataplane decode_dataplane(Decoder& decoder, const Node& document, const Shape& shape,
                                 const mesh::Locality& locality);

}  // namespace config
