#include <algorithm>
#include <cctype>

#include "hostname/generator.h"

namespace hostname {
namespace {

constexpr std::size_t kMaxHostname = 253;  // characters; 255 octets on the wire
constexpr std::size_t kMaxLabel = 63;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string shown(char c) {
  if (c > 0x20 && c < 0x7f) return {'\'', c, '\''};
  constexpr char kHex[] = "0123456789abcdef";
  return std::string("the byte 0x") + kHex[static_cast<unsigned char>(c) >> 4] + kHex[c & 0xf];
}

std::optional<std::string> why_not_a_label(std::string_view label) {
  if (label.empty()) return "is empty";
  for (const char c : label) {
    if (c >= 'A' && c <= 'Z')
      return "has the upper-case " + shown(c) + "; only lower case is allowed";
    if (!is_lower(c) && !is_digit(c) && c != '-') {
      return "has " + shown(c) + "; only a-z, 0-9 and '-' are allowed";
    }
  }
  if (label.front() == '-' || label.back() == '-') return "begins or ends with '-'";
  if (label.size() > kMaxLabel) {
    return "has " + std::to_string(label.size()) + " characters; at most 63 are allowed";
  }
  return std::nullopt;
}

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::optional<std::string> why_not_a_hostname(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (is_blank(text.front()) || is_blank(text.back())) {
    return "it begins or ends with a blank or a line break: write the template on one line in "
           "quotes, or trim it with {{- and -}}";
  }
  if (text.size() > kMaxHostname) {
    return "it has " + std::to_string(text.size()) + " characters; at most 253 are allowed";
  }
  if (text.back() == '.') return "it ends with a dot";
  std::string_view label;
  std::size_t number = 1;
  for (std::string_view rest = text;; ++number) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (const auto why = why_not_a_label(label)) {
      return "label " + std::to_string(number) + " (\"" + std::string(label) + "\") " + *why;
    }
    if (dot == rest.npos) break;
    rest.remove_prefix(dot + 1);
  }
  // RFC 1123, 2.1: so that no hostname can be taken for an address.
  if (std::ranges::all_of(label, is_digit)) {
    return "its last label (\"" + std::string(label) + "\") is a number, as in an address";
  }
  return std::nullopt;
}

bool is_within(std::string_view hostname, std::string_view domain) {
  if (domain.empty() || !hostname.ends_with(domain)) return false;
  return hostname.size() == domain.size() || hostname[hostname.size() - domain.size() - 1] == '.';
}

std::span<const std::string_view> private_suffixes() {
  // Reserved (RFC 2606, 6761, 6762, 8375; ICANN for internal), or never delegated by use.
  static constexpr std::string_view kSuffixes[] = {
      "mesh", "local", "internal", "test",     "example",     "invalid",  "lan",
      "home", "corp",  "private",  "intranet", "localdomain", "home.arpa"};
  return kSuffixes;
}

bool is_under_private_suffix(std::string_view hostname) {
  return std::ranges::any_of(private_suffixes(), [&](std::string_view suffix) {
    return hostname != suffix && is_within(hostname, suffix);
  });
}

}  // namespace hostname
