// The plain subset of YAML that nearly all resources are written in, read some ten times as fast as
// by yaml-cpp, whose scanner alone takes most of a cold start.
//
// The subset: printable ASCII; maps in block form with one key a line; lists of "- " items; values
// on the line of their key, plain or in quotes without escapes; flow collections on one line;
// comments. Whatever else there is in a document, an error above all, makes it not plain: then
// yaml-cpp reads it. A test and a fuzz target compare the trees of both.
//
// Pure. Internal to the folder; see node.h for parse(), which all else calls.
#pragma once

#include <string_view>

#include "config/node.h"

namespace config {

// Parses a document that is plain into `root`: the same tree as parse_yaml() makes, positions
// included. False if it isn't plain; `root` is to be thrown away then. With `streams` a document
// with "items" isn't plain.
bool parse_plain_yaml(std::string_view text, const Source& source, const NodeLimits& limits,
                      Node& root, bool streams);

}  // namespace config
