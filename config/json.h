// A JSON document as a tree, by Boost.JSON. Internal to the folder; see node.h for parse(), which
// all else calls.
#pragma once

#include <functional>
#include <string_view>

#include "config/node.h"

namespace config {

// True for an object of JSON (RFC 8259) and nothing behind it.
bool is_json_object(std::string_view text);

// As parse(), and the same tree as parse_yaml() would make. REQUIRES: is_json_object(text).
bool parse_json(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
                mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item);

}  // namespace config
