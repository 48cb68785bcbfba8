// A node as compact JSON, for what is only passed through. Internal to the folder.
#pragma once

#include <string>

#include "config/node.h"

namespace config {

// Keys in the order of the document; unquoted numbers and booleans stay such. The values of keys
// that hold key material given inline are shown as "***".
std::string to_json(const Node& node);

}  // namespace config
