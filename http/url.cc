#include "http/url.h"

#include <arpa/inet.h>

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

char lowered(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// REQUIRES: `prefix` has no capital letters.
bool cut_ignoring_case(std::string_view& text, std::string_view prefix) {
  if (!std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lowered)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == ':' ||
           c == '_';
  });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string unescape(std::string_view text, bool plus_is_blank) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool room = i + 2 < text.size();
    const int high = room ? hex_value(text[i + 1]) : -1;
    const int low = room ? hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && high >= 0 && low >= 0) {
      plain += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      plain += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
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

Url unix_url(std::string socket) {
  return {.tls = false, .host = "localhost", .port = 80, .path = "", .socket = std::move(socket)};
}

std::string to_string(const Url& url) {
  if (!url.socket.empty()) return "unix:" + url.socket;
  const bool v6 = url.host.find(':') != url.host.npos;
  return (url.tls ? "https://" : "http://") + (v6 ? '[' + url.host + ']' : url.host) + ':' +
         std::to_string(url.port) + url.path;
}

std::string_view Target::value(std::string_view name) const {
  const auto found = std::ranges::find(query, name, [](const auto& pair) { return pair.first; });
  return found == query.end() ? std::string_view() : found->second;
}

Target parse_target(std::string_view text) {
  text = text.substr(0, text.find('#'));
  Target target;
  const bool absolute = cut_ignoring_case(text, "http://");
  if (absolute) {
    target.authority = text.substr(0, text.find_first_of("/?"));
    text.remove_prefix(target.authority.size());
  }
  const std::size_t mark = text.find('?');
  target.path = unescape(text.substr(0, mark), false);
  if (absolute && target.path.empty()) target.path = "/";
  std::string_view rest = mark == text.npos ? std::string_view() : text.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    target.query.emplace_back(unescape(pair.substr(0, equals), true),
                              unescape(pair.substr(std::min(equals + 1, pair.size())), true));
  }
  return target;
}

bool is_local_host(std::string_view host) {
  if (host.empty()) return true;
  if (host.find('@') != host.npos) return false;  // what names the host is behind it
  if (host.front() == '[') {
    const std::string address(host.substr(1, host.find(']') - 1));
    in6_addr parsed{};
    return inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
  }
  std::string name(host.substr(0, host.find(':')));
  std::ranges::transform(name, name.begin(), lowered);
  if (name.ends_with('.')) name.pop_back();
  in_addr parsed{};
  return name == "localhost" || name.ends_with(".localhost") ||  // RFC 6761, 6.3
         inet_pton(AF_INET, name.c_str(), &parsed) == 1;
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
