// /etc/resolv.conf with mesh-dns as the nameserver, and back.
//
// What was there before is moved aside as it is, be it a file or a link, so that it comes back
// unchanged, and so that mesh-dns can go on reading its upstreams from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/ip.h"

namespace redirect {

struct ResolvConfPaths {
  std::string file = "/etc/resolv.conf";
  std::string before = "/etc/resolv.conf.before-mesh-dns";
};

// `text` with these nameservers instead of its own; search, options and all else stay. Headed by a
// line that says who made it.
std::string with_nameservers(std::string_view text, const std::vector<mesh::Ip>& nameservers);
// Whether with_nameservers() made the text.
bool is_ours(std::string_view text);

// What the new text is made from: what was there before mesh-dns.
std::string original(const ResolvConfPaths& paths);

// Puts `text` in the file's place. Installing twice keeps what was moved aside first, unless
// somebody else has written the file since. Throws std::runtime_error.
void install(const ResolvConfPaths& paths, const std::string& text);

enum class Restored : std::uint8_t {
  Nothing,        // there was nothing to put back
  Back,           // what was moved aside is back
  NotOursAnyMore  // somebody else wrote the file, which stays; what was moved aside is gone
};
Restored restore(const ResolvConfPaths& paths);

}  // namespace redirect
