#include "config/endpoint.h"

#include <charconv>

namespace config {

std::string to_string(const Endpoint& endpoint) {
  const std::string ip = endpoint.address.to_string();
  return (endpoint.address.is_v4() ? ip : '[' + ip + ']') + ':' + std::to_string(endpoint.port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = mesh::Ip::parse(host);
  if (!ip || ip->is_v4() == bracketed) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Endpoint{*ip, port};
}

std::string to_string(const Admin& admin) {
  if (!admin.on) return "off";
  return admin.socket.empty() ? to_string(admin.address) : "unix:" + admin.socket;
}

std::optional<Admin> parse_admin(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text == "off") return Admin{.on = false, .address = {}, .socket = {}};
  if (text.starts_with(kUnix)) {
    text.remove_prefix(kUnix.size());
    if (text.empty()) return std::nullopt;
    return Admin{.on = true, .address = {}, .socket = std::string(text)};
  }
  const auto endpoint = parse_endpoint(text);
  if (!endpoint) return std::nullopt;
  return Admin{.on = true, .address = *endpoint, .socket = {}};
}

}  // namespace config
