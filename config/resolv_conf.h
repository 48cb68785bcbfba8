// The nameservers of a resolv.conf(5).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/diagnostic.h"

namespace config {

struct ResolvConf {
  std::vector<std::string> nameservers;  // "10.0.0.2", "fe80::1%eth0", in the file's order
  mesh::Diagnostics diagnostics;         // a warning for each line that is none
};

// `file` names the text in diagnostics. Options, search lists and comments are for stub resolvers,
// and ignored.
ResolvConf parse_resolv_conf(std::string_view text, const std::string& file);

}  // namespace config
