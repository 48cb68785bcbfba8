// What an endpoint is reached at: an IP address, or a name that somebody has to resolve.
//
// A plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mesh/ip.h"

namespace mesh {

// The text is a DNS name, or of a MeshExternalService also "unix://" and a path.
using Address = std::variant<Ip, std::string>;

// An IP address if the text is one, else the text: whoever decodes has checked it.
Address to_address(std::string_view text);

std::string to_string(const Address& address);

// 0.0.0.0 and ::, at which nobody is reached.
bool is_unspecified(const Address& address);

}  // namespace mesh
