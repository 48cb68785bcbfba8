#include "hostname/literal.h"

#include <charconv>
#include <limits>
#include <system_error>

#include "hostname/template.h"

namespace hostname {
namespace {

constexpr std::int64_t kMaxRune = 0x10ffff;

bool is_rune(std::int64_t value) {
  return value >= 0 && value <= kMaxRune && (value < 0xd800 || value > 0xdfff);
}

[[noreturn]] void fail(const Token& token, const std::string& message) {
  throw TemplateError{token.offset, std::string(token.text) + ' ' + message};
}

// Reads `count` digits of `base` off the front of `text`.
std::optional<std::int64_t> take_digits(std::string_view& text, std::size_t count, int base) {
  std::int64_t value = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value, base);
  if (error != std::errc() || end != text.data() + count || text.front() == '-') {
    return std::nullopt;
  }
  text.remove_prefix(count);
  return value;
}

struct Unquoted {
  std::int64_t value = 0;
  bool is_byte = false;  // \x and \ooo give bytes, the others code points
};

// Reads an escape behind its backslash (Go: strconv.UnquoteChar).
std::optional<Unquoted> take_escape(std::string_view& text, char quote) {
  if (text.empty()) return std::nullopt;
  const char c = text.front();
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\";
  if (c >= '0' && c <= '7') {
    const auto value = take_digits(text, 3, 8);
    if (!value || *value > 255) return std::nullopt;
    return Unquoted{*value, true};
  }
  text.remove_prefix(1);
  if (const std::size_t i = kNames.find(c); i != kNames.npos) return Unquoted{kValues[i]};
  if (c == '\'' || c == '"') return c == quote ? std::optional(Unquoted{c}) : std::nullopt;
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  const auto value = digits == 0 ? std::nullopt : take_digits(text, digits, 16);
  if (!value || (c != 'x' && !is_rune(*value))) return std::nullopt;
  return Unquoted{*value, c == 'x'};
}

std::int64_t decode_rune(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  switch (rune_size(text)) {
    case 1:
      return octet(0);
    case 2:
      return (octet(0) & 0x1f) << 6 | (octet(1) & 0x3f);
    case 3:
      return (octet(0) & 0xf) << 12 | (octet(1) & 0x3f) << 6 | (octet(2) & 0x3f);
    default:
      return (octet(0) & 7) << 18 | (octet(1) & 0x3f) << 12 | (octet(2) & 0x3f) << 6 |
             (octet(3) & 0x3f);
  }
}

Value character(const Token& token) {
  std::string_view text = token.text.substr(1);
  std::optional<Unquoted> c;
  if (text.front() == '\\') {
    text.remove_prefix(1);
    c = take_escape(text, '\'');
  } else if (text.front() != '\'') {
    c = Unquoted{decode_rune(text)};
    text.remove_prefix(rune_size(text));
  }
  if (!c || text != "'") {
    fail(token, "is no character: write a string in double quotes, \"...\"");
  }
  return Value::of(c->value);
}

Value string(const Token& token) {
  std::string_view text = token.text.substr(1, token.text.size() - 2);
  std::string value;
  while (!text.empty()) {
    if (text.front() != '\\') {
      value += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(1);
    const auto c = take_escape(text, '"');
    if (!c) fail(token, "has an escape that Go doesn't know");
    c->is_byte ? value.push_back(static_cast<char>(c->value)) : append_rune(value, c->value);
  }
  return Value::of(std::move(value));
}

Value raw_string(const Token& token) {
  std::string value;
  for (const char c : token.text.substr(1, token.text.size() - 2)) {
    if (c != '\r') value += c;  // as Go drops it from raw strings
  }
  return Value::of(std::move(value));
}

// Removes the underscores, which may only stand between digits, or behind the base's prefix.
std::optional<std::string> without_underscores(std::string_view digits, bool prefixed) {
  std::string plain;
  bool after_digit = prefixed;
  for (const char c : digits) {
    if (c == '_') {
      if (!after_digit) return std::nullopt;
      after_digit = false;
    } else {
      plain += c;
      after_digit = true;
    }
  }
  if (!after_digit) return std::nullopt;
  return plain;
}

std::optional<std::int64_t> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  bool prefixed = false;
  if (text.size() > 1 && text[0] == '0') {
    const char c = static_cast<char>(text[1] | 0x20);
    base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
    prefixed = true;
    text.remove_prefix(c == 'x' || c == 'b' || c == 'o' ? 2 : 1);
  }
  const auto digits = without_underscores(text, prefixed);
  if (!digits || digits->empty()) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = digits->data() + digits->size();
  const auto parsed = std::from_chars(digits->data(), end, value, base);
  const std::uint64_t most = std::uint64_t{1} << 63;
  if (parsed.ec != std::errc() || parsed.ptr != end || value > most - (negative ? 0 : 1)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

Value number(const Token& token) {
  std::string_view text = token.text;
  if (text.ends_with('i')) fail(token, "is a complex number, which is not supported");
  const bool hex = text.find_first_of("xX") != text.npos;
  if (hex ? text.find_first_of(".pP") != text.npos
          : text.find_first_of(".eE") != text.npos && text.find('_') != text.npos) {
    fail(token, "is a form of floating-point number that is not supported: write it in decimal");
  }
  if (hex || text.find_first_of(".eE") == text.npos) {
    const auto value = integer(text);
    if (!value) fail(token, "is no integer of 64 bits");
    return Value::of(*value);
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  double real = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (error != std::errc() || end != text.data() + text.size()) fail(token, "is no number");
  return Value::of(real);
}

}  // namespace

std::size_t rune_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = rune_size(text);
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || size > text.size()) return false;
    for (std::size_t i = 1; i < size; ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return false;
    }
    constexpr std::int64_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const std::int64_t rune = decode_rune(text);
    if (rune < kLeast[size] || !is_rune(rune)) return false;
    text.remove_prefix(size);
  }
  return true;
}

void append_rune(std::string& out, std::int64_t rune) {
  if (!is_rune(rune)) rune = 0xfffd;
  const auto put = [&](std::int64_t octet) { out += static_cast<char>(octet); };
  if (rune < 0x80) return put(rune);
  if (rune < 0x800) {
    put(0xc0 | rune >> 6);
  } else if (rune < 0x10000) {
    put(0xe0 | rune >> 12);
    put(0x80 | (rune >> 6 & 0x3f));
  } else {
    put(0xf0 | rune >> 18);
    put(0x80 | (rune >> 12 & 0x3f));
    put(0x80 | (rune >> 6 & 0x3f));
  }
  put(0x80 | (rune & 0x3f));
}

Value parse_literal(const Token& token) {
  switch (token.kind) {
    case Token::Kind::Character:
      return character(token);
    case Token::Kind::String:
      return string(token);
    case Token::Kind::RawString:
      return raw_string(token);
    default:
      return number(token);
  }
}

}  // namespace hostname
