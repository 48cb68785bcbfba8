#include "admin/html.h"

namespace admin {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool is_control(unsigned char c) {
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

bool is_continuation(unsigned char c) {
  return (c & 0xc0) == 0x80;
}

// The octets of the character that `text` begins with; 0 if it is none (RFC 3629, 4).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) -> unsigned char {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned char first = at(0);
  const unsigned char second = at(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !is_continuation(second)) return 0;
  if (first < 0xe0) return first == 0xc2 && second < 0xa0 ? 0 : 2;  // C1 controls are none either
  if (!is_continuation(at(2))) return 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xf0 && second < 0x90;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || beyond || !is_continuation(at(3)) ? 0 : 4;
}

}  // namespace

Html& Html::raw(Markup markup) {
  html_ += markup.text();
  return *this;
}

Html& Html::text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view escaped = entity(text.front());
    if (length == 0 || is_control(static_cast<unsigned char>(text.front()))) {
      html_ += kReplacement;
    } else {
      html_ += escaped.empty() ? text.substr(0, length) : escaped;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return *this;
}

Html& Html::number(std::uint64_t value) {
  return text(grouped(value));
}

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace admin
