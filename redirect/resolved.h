// systemd-resolved: whether this host uses it, and the drop-in that sends our zones to mesh-dns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/diagnostic.h"
#include "redirect/ruleset.h"

namespace redirect {

inline constexpr const char* kDropIn = "/etc/systemd/resolved.conf.d/mesh-dns.conf";

// What of the host matters to it.
struct ResolvedHost {
  bool used = false;    // it runs, or resolv.conf names it
  std::string drop_in;  // the text of ours; "" when there is none
};
ResolvedHost resolved_host();

// True for an address at which systemd-resolved answers itself: who forwards there comes back.
bool is_stub(const mesh::Ip& address);
bool names_stub(std::string_view resolv_conf);

// `zones` are names with or without a final dot; one within another needs no mention. Names in
// them, and no others, are then asked of the servers alone; others may be asked of them too.
std::string drop_in(const std::vector<Target>& servers, const std::vector<std::string>& zones);

// A warning for each zone below .local that systemd-resolved would send to no DNS server at all,
// because it keeps .local for multicast DNS unless a server is told to have it.
mesh::Diagnostics warn_local(const std::vector<std::string>& zones, const ResolvedHost& host);

}  // namespace redirect
