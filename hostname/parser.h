// Tokens to a syntax tree, by the rules of Go's text/template/parse. Internal to the folder.
#pragma once

#include <string_view>
#include <vector>

#include "hostname/syntax.h"

namespace hostname {

// Throws TemplateError: what Go refuses, and by name what of Go is not supported here.
std::vector<Node> parse(std::string_view text);

}  // namespace hostname
