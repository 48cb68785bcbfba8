// Which processes hold a UDP socket of this host: who answers at an address, and as which user.
//
// Reads /proc; needs root to see other users' processes, and sees those of its own network
// namespace only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/ip.h"

namespace redirect {

struct Holder {
  int pid = 0;
  std::uint32_t uid = 0;  // the effective one: what new sockets of it belong to
  std::string name;       // of the program
  friend auto operator<=>(const Holder&, const Holder&) = default;
};

// Sorted by pid. Process 1 is left out when another holds the socket too: it opened it for that
// one.
std::vector<Holder> holders(const mesh::Ip& address, std::uint16_t port);

// The inodes of the sockets that are bound to an address, or to the wildcard of its family, in the
// text of /proc/net/udp or udp6.
std::set<std::uint64_t> bound_inodes(std::string_view proc_net_udp, const mesh::Ip& address,
                                     std::uint16_t port);

}  // namespace redirect
