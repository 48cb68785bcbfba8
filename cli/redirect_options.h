// The flags of `mesh-dns redirect`, as they were typed. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

enum class RedirectAction : std::uint8_t { Install, Remove, Show };

struct RedirectOptions {
  RedirectAction action = RedirectAction::Show;
  std::string with = "nftables";     // or "resolv.conf", "resolved"
  std::vector<std::string> uids;     // numbers or names of users
  std::vector<std::string> cgroups;  // paths
  std::vector<std::string> exempt_uids;
  std::vector<std::string> exempt_cgroups;
  std::string other_family = "reject";  // or "leave"
  bool force = false;
  bool dry_run = false;
  bool restart = false;  // systemd-resolved
};

}  // namespace cli
