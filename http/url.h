// The URL of a server: "https://10.96.0.1:443/base".
//
// A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

struct Url {
  bool tls = true;
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string path;  // "" or "/base", never with '/' at the end

  friend bool operator==(const Url&, const Url&) = default;
};

// http or https, a host, perhaps a port and a path; nothing else (RFC 3986, 3). Nothing if it is
// anything else.
std::optional<Url> parse_url(std::string_view text);
std::string to_string(const Url& url);

// Escapes what can't stand in a query's value (RFC 3986, 3.4).
std::string escape(std::string_view text);

}  // namespace http
