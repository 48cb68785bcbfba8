// Addresses of sockets as settings have them, and their text.
//
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/ip.h"

namespace config {

struct Endpoint {
  mesh::Ip address;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
std::string to_string(const Endpoint& endpoint);  // "127.0.0.1:15053", "[::1]:15053"
std::optional<Endpoint> parse_endpoint(std::string_view text);

// Where the admin server listens: at an address, at a Unix socket, or nowhere.
struct Admin {
  bool on = true;
  Endpoint address;    // where there is no socket
  std::string socket;  // its path; "" for TCP
  friend bool operator==(const Admin&, const Admin&) = default;
};
std::string to_string(const Admin& admin);  // "127.0.0.1:15056", "unix:/run/a.sock", "off"
std::optional<Admin> parse_admin(std::string_view text);

}  // namespace config
