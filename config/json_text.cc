#include "config/json_text.h"

#include <algorithm>

#include "config/decode.h"

namespace config {
namespace {

// Where Kuma's data sources carry a secret in the document itself.
bool is_secret(std::string_view key) {
  constexpr std::string_view kKeys[] = {"inline", "inlineString", "insecureInline"};
  return std::ranges::find(kKeys, key) != std::end(kKeys);
}

void append_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 0xf]);
    } else {
      out += c;
    }
  }
  out += '"';
}

// Cuts digits off the front of `text`; false if there are none.
bool skip_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count > 0;
}

// A number as JSON writes it (RFC 8259, 6); YAML has more forms, which are kept as text.
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  if (zero) text.remove_prefix(1);
  if (!zero && !skip_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!skip_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!skip_digits(text)) return false;
  }
  return text.empty();
}

void append_scalar(std::string& out, const Node& node) {
  if (!is_typed(node)) return append_string(out, node.text);
  const char first = static_cast<char>(node.text.front() | 0x20);
  if (first == 't') {
    out += "true";
  } else if (first == 'f') {
    out += "false";
  } else if (is_json_number(node.text)) {
    out += node.text;
  } else {
    append_string(out, node.text);
  }
}

void append(std::string& out, const Node& node) {
  bool first = true;
  const auto comma = [&] {
    if (!first) out += ',';
    first = false;
  };
  switch (node.kind) {
    case Node::Kind::Null:
      out += "null";
      return;
    case Node::Kind::Scalar:
      return append_scalar(out, node);
    case Node::Kind::Map:
      out += '{';
      for (const Entry& entry : node.entries) {
        comma();
        append_string(out, entry.key);
        out += ':';
        is_secret(entry.key) ? append_string(out, "***") : append(out, entry.value);
      }
      out += '}';
      return;
    case Node::Kind::Sequence:
      out += '[';
      for (const Node& item : node.items) {
        comma();
        append(out, item);
      }
      out += ']';
  }
}

}  // namespace

std::string to_json(const Node& node) {
  std::string out;
  append(out, node);
  return out;
}

}  // namespace config
