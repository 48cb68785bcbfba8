#include "pipeline/zone.h"

#include <algorithm>
#include <array>

#include "hostname/generator.h"

namespace pipeline {
namespace {

std::vector<dns::Name> names(std::span<const std::string> texts) {
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

void add_addresses(std::span<const mesh::Ip> addresses, dns::HostData& host) {
  for (const mesh::Ip& ip : addresses) {
    if (ip.is_v4()) {
      host.v4.push_back(octets<4>(ip));
    } else {
      host.v6.push_back(octets<16>(ip));
    }
  }
}

void add_hosts(dns::ZoneBuilder& builder, const Table& table) {
  dns::HostData host;
  TableEntry entry;
  for (Table::Reader reader(table); reader.next(entry);) {
    const auto owner = dns::Name::parse(entry.hostname);
    if (!owner) continue;  // a table from the state file is the only one that can hold such a name
    host.v4.clear();
    host.v6.clear();
    host.ports.clear();
    add_addresses(entry.addresses, host);
    for (const TablePort& port : entry.ports) {
      host.ports.push_back({port.port, port.udp, std::string(port.name)});
    }
    builder.add_host(*owner, host.v4, host.v6, host.ports);
  }
}

}  // namespace

dns::ZoneSettings zone_settings(const config::Settings& settings,
                                std::span<const std::string> zones, std::uint32_t serial) {
  dns::ZoneSettings zone;
  zone.apexes = names(zones);
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
  return zone;
}

dns::ZoneBuilder zone_builder(const config::Settings& settings, dns::ZoneSettings zone) {
  dns::ZoneBuilder builder(std::move(zone));
  add_reverse(builder, settings.vip.mesh_service);
  add_reverse(builder, settings.vip.mesh_external_service);
  add_reverse(builder, settings.vip.mesh_multi_zone_service);
  return builder;
}

dns::HostData host_data(const mesh::Service& service, std::span<const mesh::Ip> addresses) {
  dns::HostData host;
  add_addresses(addresses, host);
  for (const mesh::Port& port : service.ports) {
    host.ports.push_back({port.port, port.is_udp(), std::string(port.name)});
  }
  return host;
}

std::shared_ptr<const dns::Zone> make_zone(const Table& table, const config::Settings& settings,
                                           std::uint32_t serial) {
  dns::ZoneBuilder builder = zone_builder(settings, zone_settings(settings, table.zones(), serial));
  add_hosts(builder, table);
  return std::move(builder).build();
}

std::shared_ptr<const dns::Zone> zone_without_table(const config::Settings& settings,
                                                    std::span<const std::string> zones,
                                                    bool all_known, std::uint32_t serial) {
  dns::ZoneSettings zone = zone_settings(settings, zones, serial);
  zone.ready = false;
  // Whether a name falls through isn't known before the names are: but of zones that can't hold
  // one.
  zone.fallthrough.clear();
  if (const auto domain = dns::Name::parse(settings.cluster_domain())) {
    zone.fallthrough.push_back(*domain);
  }
  if (!all_known) {
    for (const std::string_view suffix : hostname::private_suffixes()) {
      if (auto name = dns::Name::parse(suffix)) zone.apexes.push_back(std::move(*name));
    }
    for (const auto& [forwarded, servers] : settings.upstream.zones) {
      if (auto name = dns::Name::parse(forwarded)) zone.fallthrough.push_back(std::move(*name));
    }
  }
  return zone_builder(settings, std::move(zone)).build();
}

}  // namespace pipeline
