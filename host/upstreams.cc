#include "host/upstreams.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "config/resolv_conf.h"

namespace host {
namespace {

constexpr std::uint16_t kDnsPort = 53;

mesh::Diagnostic warning(std::string path, std::string message) {
  return {mesh::Severity::Warning, {}, std::move(path), std::move(message)};
}

bool is_loopback(const mesh::Ip& ip) {
  return ip.is_v4() ? ip.bytes()[0] == 127 : ip == mesh::Ip::parse("::1");
}

bool leads_to_us(const dns::UpstreamAddress& server, const std::vector<dns::Endpoint>& listening,
                 const std::vector<mesh::Ip>& own) {
  const auto ip = mesh::Ip::parse(server.ip);
  if (!ip) return false;
  return std::ranges::any_of(listening, [&](const dns::Endpoint& listen) {
    if (listen.port != server.port) return false;
    const bool all = listen.address == (ip->is_v4() ? "0.0.0.0" : "::");
    if (all) return is_loopback(*ip) || std::ranges::count(own, *ip) != 0;
    return mesh::Ip::parse(listen.address) == ip;
  });
}

}  // namespace

std::vector<dns::Endpoint> endpoints(const std::vector<config::Endpoint>& settings) {
  std::vector<dns::Endpoint> texts;
  for (const auto& [address, port] : settings) texts.push_back({address.to_string(), port});
  return texts;
}

std::vector<dns::UpstreamAddress> upstream_addresses(
    const std::vector<config::Endpoint>& settings) {
  std::vector<dns::UpstreamAddress> addresses;
  for (const auto& [address, port] : settings) addresses.push_back({address.to_string(), port});
  return addresses;
}

Upstreams make_upstreams(const config::Settings& settings, std::string_view resolv_conf,
                         const std::vector<dns::Endpoint>& listening,
                         const std::vector<mesh::Ip>& own) {
  Upstreams result;
  const auto add = [&](const dns::Name& zone, const std::vector<dns::UpstreamAddress>& servers,
                       const std::string& path) {
    dns::Route& route = result.routes.emplace_back(dns::Route{zone, {}});
    for (const dns::UpstreamAddress& server : servers) {
      if (leads_to_us(server, listening, own)) {
        result.diagnostics.push_back(
            warning(path, dns::to_string(server) + " is this server itself, and is left out"));
      } else {
        route.servers.push_back(server);
      }
    }
    if (!route.servers.empty()) return;
    result.diagnostics.push_back(
        warning(path, "no server is left to ask about names in " + zone.to_string() +
                          ", which are SERVFAIL: set upstream.servers, or upstream.resolvConf to "
                          "a file that names others"));
  };
  for (const auto& [zone, servers] : settings.upstream.zones) {
    if (const auto name = dns::Name::parse(zone)) {
      add(*name, upstream_addresses(servers), "upstream.zones." + zone);
    }
  }
  const bool has_root = std::ranges::any_of(
      result.routes, [](const dns::Route& route) { return route.zone.is_root(); });
  if (has_root) return result;
  if (!settings.upstream.servers.empty()) {
    add(dns::Name(), upstream_addresses(settings.upstream.servers), "upstream.servers");
    return result;
  }
  const auto file = config::parse_resolv_conf(resolv_conf, settings.upstream.resolv_conf);
  result.diagnostics.insert(result.diagnostics.end(), file.diagnostics.begin(),
                            file.diagnostics.end());
  std::vector<dns::UpstreamAddress> servers;
  for (const std::string& address : file.nameservers) servers.push_back({address, kDnsPort});
  add(dns::Name(), servers, settings.upstream.resolv_conf);
  return result;
}

std::string read_resolv_conf(const config::Settings& settings) {
  std::ifstream file(settings.upstream.resolv_conf);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string source_of(const dns::Route& route, const config::Settings& settings) {
  const std::string zone = route.zone.to_string();
  const bool configured = std::ranges::any_of(settings.upstream.zones, [&](const auto& entry) {
    const auto name = dns::Name::parse(entry.first);
    return name && *name == route.zone;
  });
  if (configured) return "upstream.zones, for " + zone;
  return settings.upstream.servers.empty() ? settings.upstream.resolv_conf : "upstream.servers";
}

}  // namespace host
