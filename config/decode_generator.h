// HostnameGenerator. Internal to the folder.
#pragma once

#include "config/decode.h"
#include "config/decode_meta.h"
#include "mesh/resources.h"

namespace config {

// What is wrong makes decoder.failed() true. The template's syntax is not looked at here.
mesh::HostnameGenerator decode_generator(Decoder& decoder, const Node& document, const Shape& shape,
                                         const mesh::Locality& locality);

}  // namespace config
