// The URL of a server, "https://10.96.0.1:443/base", and the target of a request.
//
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

struct Url {
  bool tls = true;
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string path;    // "" or "/base", never with '/' at the end
  std::string socket;  // of a Unix socket: where it is; host and port then name nothing

  friend bool operator==(const Url&, const Url&) = default;
};

// http or https, a host, perhaps a port and a path; nothing else (RFC 3986, 3). Nothing if it is
// anything else.
std::optional<Url> parse_url(std::string_view text);
std::string to_string(const Url& url);

// The URL of the server at a Unix socket.
Url unix_url(std::string socket);

// The path of a request's target, and its query: "/explain?name=a.b" (RFC 3986, 3.4), unescaped.
struct Target {
  std::string authority;  // of the absolute form, "http://localhost/explain", as it is; else ""
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;

  // The first value with that name; "" if there is none.
  std::string_view value(std::string_view name) const;
};
// What is wrongly escaped stays as it is. '+' is a blank in a query, as HTML's forms send it.
Target parse_target(std::string_view text);

// True if a request's Host (RFC 9112, 3.2) or authority is an address, localhost, or missing. Any
// other name may be one that a web page's DNS has pointed here, so that the browser takes our
// answer for that page's own (DNS rebinding).
bool is_local_host(std::string_view host);

// Escapes what can't stand in a query's value (RFC 3986, 3.4).
std::string escape(std::string_view text);

}  // namespace http
