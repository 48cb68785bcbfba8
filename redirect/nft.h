// The kernel's nftables rules, through the program nft. What is wrong is thrown as a
// std::runtime_error that names the remedy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "redirect/ruleset.h"

namespace redirect {

struct NftVersion {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  auto operator<=>(const NftVersion&) const = default;
};
// Of "nftables v1.0.6 (Lester Gooch #5)".
std::optional<NftVersion> parse_nft_version(std::string_view text);

// NAT in the family inet; matching sockets by their cgroup v2.
inline constexpr NftVersion kOldestNft = {0, 9, 1};
inline constexpr NftVersion kOldestNftForCgroups = {0, 9, 9};

// What a refusal of nft means, and what to do about it.
std::string explain_refusal(std::string_view nft_says);

bool has_nft();
// Throws unless nft is there and new enough for the redirection.
void require_nft(const Redirection& redirection);
// Throws unless this process may change rules.
void require_net_admin();

// In one transaction: all of it, or nothing.
void apply(const std::string& ruleset);
// Our table as the kernel has it; nothing when there is none.
std::optional<std::string> installed();

}  // namespace redirect
