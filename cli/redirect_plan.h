// What `redirect install` is to do on this host, and why it had better not. Pure: settings, flags
// and facts of the host in, rules and reasons out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "host/upstreams.h"
#include "redirect/holders.h"
#include "redirect/resolved.h"
#include "redirect/ruleset.h"

namespace cli {

// Whose queries: as the flags say, with users as numbers.
struct Selection {
  std::vector<std::uint32_t> uids;
  std::vector<std::string> cgroups;
  std::vector<redirect::User> exempt_uids;
  std::vector<std::string> exempt_cgroups;
  redirect::OtherFamily other_family = redirect::OtherFamily::Reject;
};

// Processes that must reach other servers: mesh-dns itself, and a resolver on this host that it
// forwards to.
struct LocalServer {
  std::string address;  // "127.0.0.1:15053"
  std::vector<redirect::Holder> holders;
};

struct RedirectHost {
  std::vector<LocalServer> mesh_dns;
  std::vector<LocalServer> upstreams;
  std::optional<std::uint32_t> mesh_dns_user;  // the uid of the user mesh-dns, if there is one
  std::optional<std::uint32_t> resolved_user;  // that of systemd-resolve, where that is used
  std::string resolv_conf;                     // text of /etc/resolv.conf
  std::string nsswitch;                        // text of /etc/nsswitch.conf
};

struct Reasons {
  std::vector<std::string> errors;    // why it can't be done
  std::vector<std::string> risks;     // why it isn't done unless it is forced
  std::vector<std::string> warnings;  // what a person should know
};

struct RedirectPlan {
  redirect::Redirection redirection;
  Reasons reasons;
};

// The first address of a family in `listen`; loopback for a wildcard.
std::optional<redirect::Target> target(const std::vector<config::Endpoint>& listen,
                                       mesh::Family family);
// All of `listen`, loopback for wildcards.
std::vector<redirect::Target> targets(const std::vector<config::Endpoint>& listen);

RedirectPlan plan_nftables(const config::Settings& settings, const Selection& selection,
                           const RedirectHost& host);

// Why resolv.conf can't name mesh-dns. `upstreams`: those that serve would have afterwards.
Reasons check_resolv_conf(const config::Settings& settings, const host::Upstreams& upstreams,
                          const redirect::ResolvedHost& host, const std::string& before);

// Why systemd-resolved can't be told to ask mesh-dns for `zones`.
Reasons check_resolved(const config::Settings& settings, const host::Upstreams& upstreams,
                       const redirect::ResolvedHost& host, const std::vector<std::string>& zones);

}  // namespace cli
