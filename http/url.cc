#include "http/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace http {
namespace {

bool cut(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == ':' ||
           c == '_';
  });
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (cut(text, "http://")) {
    url.tls = false;
    url.port = 80;
  } else if (!cut(text, "https://")) {
    return std::nullopt;
  }
  std::string_view authority = text.substr(0, text.find('/'));
  std::string_view path = text.substr(authority.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.find_first_of("?# ") != path.npos) return std::nullopt;
  url.path = path;

  std::string_view rest;  // ":port"
  if (cut(authority, "[")) {
    const std::size_t end = authority.find(']');
    if (end == authority.npos) return std::nullopt;
    url.host = authority.substr(0, end);
    rest = authority.substr(end + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    rest = authority.substr(url.host.size());
  }
  if (!is_host(url.host)) return std::nullopt;
  if (rest.empty()) return url;
  if (!cut(rest, ":")) return std::nullopt;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), url.port);
  if (error != std::errc() || end != rest.data() + rest.size() || url.port == 0) {
    return std::nullopt;
  }
  return url;
}

std::string to_string(const Url& url) {
  const bool v6 = url.host.find(':') != url.host.npos;
  return (url.tls ? "https://" : "http://") + (v6 ? '[' + url.host + ']' : url.host) + ':' +
         std::to_string(url.port) + url.path;
}

std::string escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (std::isalnum(octet) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      escaped += c;
    } else {
      escaped.append({'%', kHex[octet >> 4], kHex[octet & 15]});
    }
  }
  return escaped;
}

}  // namespace http
