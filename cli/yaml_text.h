// JSON as block-style YAML, for people.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace cli {

// One document, without a marker before it; ends in a newline. Strings that YAML would read as
// something else are quoted.
std::string yaml_text(const boost::json::value& value);

}  // namespace cli
