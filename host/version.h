// The version of this program.
#pragma once

#include <string_view>

namespace host {

std::string_view version();  // "0.1.0"

}  // namespace host
