// The nftables rules that bring this host's DNS to mesh-dns, as text for `nft -f`.
//
// Pure: values in, text out. The rules are one table of our own, so that nobody else's are touched
// and one command takes all of them away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/ip.h"

namespace redirect {

inline constexpr std::string_view kTable = "inet mesh_dns";

// Where mesh-dns listens. Never a wildcard.
struct Target {
  mesh::Ip address;
  std::uint16_t port = 0;
  friend bool operator==(const Target&, const Target&) = default;
};
std::string to_string(const Target& target);  // "127.0.0.1:15053", "[::1]:15053"

// Sockets that belong to a user.
struct User {
  std::uint32_t uid = 0;
  std::string why;  // a comment in the rules: "mesh-dns (pid 812)"
  friend bool operator==(const User&, const User&) = default;
};

// What becomes of queries of a family that mesh-dns has no address of.
enum class OtherFamily : std::uint8_t { Reject, Leave };

struct Redirection {
  std::optional<Target> v4;
  std::optional<Target> v6;
  OtherFamily other_family = OtherFamily::Reject;
  // Whose queries: of these users and cgroups, or, when both are empty, of everybody.
  std::vector<std::uint32_t> uids;
  std::vector<std::string> cgroups;  // "system.slice/app.service"
  // Whose queries never.
  std::vector<User> exempt_uids;
  std::vector<std::string> exempt_cgroups;
};

// Replaces what was installed, if anything, in one transaction. REQUIRES: a target.
std::string ruleset(const Redirection& redirection);
// Takes everything away; fine when there is nothing.
std::string removal();

// "/sys/fs/cgroup/a/b/", "/a/b" and "a/b" are "a/b". Nothing for what can't be a cgroup below the
// root: "", "..", quotes, control characters.
std::optional<std::string> cgroup_path(std::string_view text);

}  // namespace redirect
