#include "redirect/resolved.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "redirect/files.h"

namespace redirect {
namespace {

std::string_view without_dot(std::string_view zone) {
  if (zone.ends_with('.')) zone.remove_suffix(1);
  return zone;
}

bool is_within(std::string_view name, std::string_view zone) {
  return name == zone ||
         (name.ends_with(zone) && name.substr(0, name.size() - zone.size()).ends_with('.'));
}

// Without final dots, and without those that are within another of them.
std::vector<std::string> outermost(const std::vector<std::string>& zones) {
  std::vector<std::string> outer;
  for (const std::string& text : zones) {
    const std::string zone(without_dot(text));
    const bool within = std::ranges::any_of(zones, [&](const std::string& other) {
      return without_dot(other) != zone && is_within(zone, without_dot(other));
    });
    if (!within && std::ranges::count(outer, zone) == 0) outer.push_back(zone);
  }
  return outer;
}

// The zones of a drop-in's Domains=.
std::vector<std::string> domains(const std::string& text) {
  constexpr std::string_view kKey = "Domains=";
  std::vector<std::string> zones;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kKey)) continue;
    std::istringstream words(line.substr(kKey.size()));
    for (std::string word; words >> word;) {
      zones.emplace_back(word.starts_with('~') ? word.substr(1) : word);
    }
  }
  return zones;
}

}  // namespace

ResolvedHost resolved_host() {
  std::error_code error;
  return {std::filesystem::exists("/run/systemd/resolve", error) ||
              names_stub(read_file("/etc/resolv.conf")),
          read_file(kDropIn)};
}

bool is_stub(const mesh::Ip& address) {
  return address == mesh::Ip::v4(0x7f000035) || address == mesh::Ip::v4(0x7f000036);
}

bool names_stub(std::string_view resolv_conf) {
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (!(words >> keyword >> address) || keyword != "nameserver") continue;
    const auto ip = mesh::Ip::parse(address);
    if (ip && is_stub(*ip)) return true;
  }
  return false;
}

std::string drop_in(const std::vector<Target>& servers, const std::vector<std::string>& zones) {
  std::string text =
      "# Made by `mesh-dns redirect install --with resolved`; `mesh-dns redirect remove` deletes "
      "it.\n[Resolve]\nDNS=";
  for (std::size_t i = 0; i < servers.size(); ++i) {
    // Without a port it is 53, and then systemd-resolved can name it in its resolv.conf, too.
    text.append(i == 0 ? "" : " ")
        .append(servers[i].port == 53 ? servers[i].address.to_string() : to_string(servers[i]));
  }
  text += "\nDomains=";
  const char* separator = "~";
  for (const std::string& zone : outermost(zones)) {
    text.append(separator).append(zone);
    separator = " ~";
  }
  return text + '\n';
}

mesh::Diagnostics warn_local(const std::vector<std::string>& zones, const ResolvedHost& host) {
  mesh::Diagnostics diagnostics;
  if (!host.used) return diagnostics;
  const std::vector<std::string> told = domains(host.drop_in);
  for (const std::string& zone : outermost(zones)) {
    const bool known = std::ranges::any_of(
        told, [&](const std::string& domain) { return is_within(zone, domain); });
    if (!is_within(zone, "local") || known) continue;
    diagnostics.push_back(
        {mesh::Severity::Warning,
         {},
         zone,
         "this host uses systemd-resolved, which asks no DNS server for names below .local unless "
         "it is told to: `mesh-dns redirect install --with resolved` tells it (Domains=~" +
             zone + "), or choose another zone"});
  }
  return diagnostics;
}

}  // namespace redirect
