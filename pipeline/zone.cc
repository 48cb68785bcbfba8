#include <algorithm>
#include <array>

#include "pipeline/build.h"

namespace pipeline {
namespace {

std::vector<dns::Name> names(const std::vector<std::string>& texts) {
  std::vector<dns::Name> names;
  for (const std::string& text : texts) {
    if (auto name = dns::Name::parse(text)) names.push_back(std::move(*name));
  }
  return names;
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> octets(const mesh::Ip& ip) {
  std::array<std::uint8_t, kSize> octets{};
  std::ranges::copy(ip.bytes(), octets.begin());
  return octets;
}

void add_reverse(dns::ZoneBuilder& builder, const std::vector<mesh::Cidr>& pools) {
  for (const mesh::Cidr& pool : pools) {
    if (pool.family() == mesh::Family::V4) {
      builder.add_reverse(octets<4>(pool.first()), pool.length());
    } else {
      builder.add_reverse(octets<16>(pool.first()), pool.length());
    }
  }
}

void add_hosts(dns::ZoneBuilder& builder, const Table& table) {
  std::vector<dns::Ipv4> v4;
  std::vector<dns::Ipv6> v6;
  std::vector<dns::SrvPort> ports;
  TableEntry entry;
  for (Table::Reader reader(table); reader.next(entry);) {
    const auto owner = dns::Name::parse(entry.hostname);
    if (!owner) continue;  // a table from the state file is the only one that can hold such a name
    v4.clear();
    v6.clear();
    ports.clear();
    for (const mesh::Ip& ip : entry.addresses) {
      if (ip.is_v4()) {
        v4.push_back(octets<4>(ip));
      } else {
        v6.push_back(octets<16>(ip));
      }
    }
    for (const TablePort& port : entry.ports) {
      ports.push_back({port.port, port.udp, std::string(port.name)});
    }
    builder.add_host(*owner, v4, v6, ports);
  }
}

}  // namespace

std::shared_ptr<const dns::Zone> make_zone(const Table& table, const config::Settings& settings,
                                           std::uint32_t serial, bool ready) {
  dns::ZoneSettings zone;
  zone.apexes = names(ready ? table.zones() : settings.dns.zones);
  zone.fallthrough = names(settings.dns.fallthrough);
  // A zone of ours may be above the cluster's: with a template like {{ .Name }}.local.
  if (const auto domain = dns::Name::parse(settings.cluster_domain())) {
    zone.fallthrough.push_back(*domain);
  }
  zone.pointers_outside_ranges = settings.mode == config::Mode::Universal;
  zone.ttl = settings.dns.ttl;
  zone.negative_ttl = settings.dns.negative_ttl;
  zone.max_addresses = settings.dns.max_addresses;
  zone.forward_single_labels = settings.upstream.single_labels;
  zone.serial = serial;
  zone.ready = ready;
  dns::ZoneBuilder builder(std::move(zone));
  add_reverse(builder, settings.vip.mesh_service);
  add_reverse(builder, settings.vip.mesh_external_service);
  add_reverse(builder, settings.vip.mesh_multi_zone_service);
  add_hosts(builder, table);
  return std::move(builder).build();
}

}  // namespace pipeline
