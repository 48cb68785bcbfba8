// What the host is like: its networks, which a VIP pool must not cover, the cores we may use, and
// its time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "vip/allocate.h"

namespace host {

struct HostNetwork {
  mesh::Cidr range;
  std::string what;  // "address of eth0", "route by eth0"
};

// Addresses and routes of this host, the default routes and loopback left out. Reads /proc.
std::vector<HostNetwork> host_networks();

// All addresses of this host.
std::vector<mesh::Ip> host_addresses();

std::string host_name();

// By the host's clock.
vip::Seconds unix_time();

// The lines of /proc/net/route and /proc/net/ipv6_route as networks.
std::vector<HostNetwork> parse_ipv4_routes(std::string_view text);
std::vector<HostNetwork> parse_ipv6_routes(std::string_view text);

// A warning for each pool that covers one of `networks`, or is covered by it: applications would no
// longer reach what is there.
mesh::Diagnostics check_overlap(const vip::Pools& pools, const std::vector<HostNetwork>& networks);

// The cores that this process may use: its affinity mask, and the CPU quota of its cgroup rounded
// up. At least 1.
unsigned allowed_cores();

// The cores of a cgroup v2 cpu.max ("max 100000", "150000 100000" is 2), or 0 without a limit.
unsigned quota_cores(std::string_view cpu_max);

}  // namespace host
