#include "host/host.h"

#include <unistd.h>

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <array>
#include <climits>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

namespace host {
namespace {

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The whitespace-separated words of each line.
std::vector<std::vector<std::string>> words_of_lines(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    lines.push_back({std::istream_iterator<std::string>(words), {}});
  }
  return lines;
}

std::optional<mesh::Ip> ip_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return mesh::Ip::v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(v6.sin6_addr.s6_addr, bytes.begin());
  return mesh::Ip::v6(bytes);
}

struct InterfaceAddress {
  mesh::Ip ip;
  std::string interface;
};

std::vector<InterfaceAddress> interface_addresses() {
  struct Free {
    void operator()(ifaddrs* list) const noexcept { freeifaddrs(list); }
  };
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, Free> owner(first);
  std::vector<InterfaceAddress> addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (const auto ip = ip_of(entry->ifa_addr)) addresses.push_back({*ip, entry->ifa_name});
  }
  return addresses;
}

}  // namespace

std::vector<mesh::Ip> host_addresses() {
  std::vector<mesh::Ip> addresses;
  for (const InterfaceAddress& address : interface_addresses()) addresses.push_back(address.ip);
  return addresses;
}

// Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask ...; the numbers are hexadecimal
// as a little-endian machine prints an address in network order.
std::vector<HostNetwork> parse_ipv4_routes(std::string_view text) {
  std::vector<HostNetwork> networks;
  for (const auto& words : words_of_lines(text)) {
    if (words.size() < 8 || words[0] == "Iface" || words[0] == "lo") continue;
    const auto destination = number<std::uint32_t>(words[1], 16);
    const auto mask = number<std::uint32_t>(words[7], 16);
    if (!destination || !mask || *mask == 0) continue;
    const auto length = static_cast<unsigned>(__builtin_popcount(*mask));
    networks.push_back({mesh::Cidr::containing(mesh::Ip::v4(ntohl(*destination)), length),
                        "route by " + words[0]});
  }
  return networks;
}

// Columns: destination length source length gateway metric refcount use flags interface.
std::vector<HostNetwork> parse_ipv6_routes(std::string_view text) {
  std::vector<HostNetwork> networks;
  for (const auto& words : words_of_lines(text)) {
    if (words.size() < 10 || words[0].size() != 32 || words[9] == "lo") continue;
    const auto length = number<unsigned>(words[1], 16);
    if (!length || *length == 0 || *length > 128) continue;
    std::array<std::uint8_t, 16> bytes{};
    bool good = true;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto octet = number<std::uint8_t>(std::string_view(words[0]).substr(2 * i, 2), 16);
      good = good && octet.has_value();
      bytes[i] = octet.value_or(0);
    }
    if (!good) continue;
    networks.push_back(
        {mesh::Cidr::containing(mesh::Ip::v6(bytes), *length), "route by " + words[9]});
  }
  return networks;
}

std::vector<HostNetwork> host_networks() {
  std::vector<HostNetwork> networks;
  for (const auto& [ip, interface] : interface_addresses()) {
    if (interface == "lo") continue;
    networks.push_back(
        {mesh::Cidr::containing(ip, ip.is_v4() ? 32 : 128), "address of " + interface});
  }
  std::ranges::move(parse_ipv4_routes(read_file("/proc/net/route")), std::back_inserter(networks));
  std::ranges::move(parse_ipv6_routes(read_file("/proc/net/ipv6_route")),
                    std::back_inserter(networks));
  return networks;
}

mesh::Diagnostics check_overlap(const vip::Pools& pools, const std::vector<HostNetwork>& networks) {
  constexpr const char* kSettings[] = {"vip.meshService", "vip.meshExternalService",
                                       "vip.meshMultiZoneService"};  // as kKinds is ordered
  mesh::Diagnostics diagnostics;
  for (const mesh::Kind kind : mesh::kKinds) {
    for (const mesh::Cidr& pool : pools.of(kind)) {
      const auto hit = std::ranges::find_if(
          networks, [&](const HostNetwork& network) { return network.range.overlaps(pool); });
      if (hit == networks.end()) continue;
      diagnostics.push_back({mesh::Severity::Warning,
                             {},
                             kSettings[static_cast<std::size_t>(kind)],
                             "pool " + pool.to_string() + " overlaps " + hit->range.to_string() +
                                 " (" + hit->what + "): what is there can no longer be told from " +
                                 "a VIP; choose a range that this host doesn't use"});
    }
  }
  return diagnostics;
}

unsigned quota_cores(std::string_view cpu_max) {
  const auto lines = words_of_lines(cpu_max);
  if (lines.empty() || lines[0].size() != 2) return 0;
  const auto quota = number<std::uint64_t>(lines[0][0], 10);
  const auto period = number<std::uint64_t>(lines[0][1], 10);
  if (!quota || !period || *period == 0) return 0;
  return static_cast<unsigned>((*quota + *period - 1) / *period);
}

vip::Seconds unix_time() {
  using std::chrono::system_clock;
  return system_clock::to_time_t(system_clock::now());
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

unsigned allowed_cores() {
  // glibc counts the affinity mask, not the machine.
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned quota = quota_cores(read_file("/sys/fs/cgroup/cpu.max"));
  return quota == 0 ? cores : std::clamp(quota, 1u, cores);
}

}  // namespace host
