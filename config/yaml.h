// Any YAML document as a tree, by yaml-cpp. Internal to the folder; see node.h for parse(), which
// all else calls.
#pragma once

#include <functional>
#include <string_view>

#include "config/node.h"

namespace config {

// As parse(). REQUIRES: find_bad_text() finds nothing in `text`.
bool parse_yaml(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
                mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item);

}  // namespace config
