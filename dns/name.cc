#include "dns/name.h"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace dns {
namespace {

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads one character of a label off the front of `text`, an escape counted as one. False: the
// escape is not one of RFC 1035, 5.1.
bool take_character(std::string_view& text, char& c) {
  c = text.front();
  text.remove_prefix(1);
  if (c != '\\') return true;
  if (text.empty()) return false;
  if (!is_digit(text.front())) {
    c = text.front();
    text.remove_prefix(1);
    return true;
  }
  unsigned value = 0;
  if (text.size() < 3 || std::from_chars(text.data(), text.data() + 3, value).ptr != &text[0] + 3 ||
      value > 255) {
    return false;
  }
  c = static_cast<char>(value);
  text.remove_prefix(3);
  return true;
}

// Appends a label's character in presentation format.
void append_escaped(std::string& out, char c) {
  const auto octet = static_cast<unsigned char>(c);
  if (octet <= 0x20 || octet >= 0x7f) {
    out += {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
            static_cast<char>('0' + octet % 10)};
    return;
  }
  if (std::string_view(".\\\"();@$").find(c) != std::string_view::npos) out += '\\';
  out += c;
}

}  // namespace

std::string_view to_string(NameError error) {
  switch (error) {
    case NameError::Empty:
      return "is empty";
    case NameError::EmptyLabel:
      return "has an empty label";
    case NameError::LabelTooLong:
      return "has a label of more than 63 octets";
    case NameError::NameTooLong:
      return "is longer than 255 octets";
    case NameError::BadEscape:
      return "has an escape that is neither \\c nor \\DDD";
  }
  return "";
}

boost::system::result<Name, NameError> Name::parse(std::string_view text) {
  if (text.empty()) return NameError::Empty;
  if (text == ".") return Name();
  std::string wire;
  std::string label;
  while (!text.empty()) {
    label.clear();
    while (!text.empty() && text.front() != '.') {
      char c = 0;
      if (!take_character(text, c)) return NameError::BadEscape;
      label += lowered(c);
    }
    if (!text.empty()) text.remove_prefix(1);
    if (label.empty()) return NameError::EmptyLabel;
    if (label.size() > kMaxLabel) return NameError::LabelTooLong;
    wire += static_cast<char>(label.size());
    wire += label;
  }
  wire += '\0';
  if (wire.size() > kMaxWire) return NameError::NameTooLong;
  Name name;
  name.wire_ = std::move(wire);
  return name;
}

Name Name::from_wire(std::string_view wire) {
  assert(!wire.empty() && wire.size() <= kMaxWire && wire.back() == '\0');
  Name name;
  name.wire_.resize(wire.size());
  // A length octet is at most 63, below the letters, so that lowering leaves it alone.
  std::ranges::transform(wire, name.wire_.begin(), lowered);
  return name;
}

std::string Name::to_string() const {
  if (is_root()) return ".";
  std::string text;
  for (std::size_t at = 0; wire_[at] != '\0';) {
    const auto end = at + 1 + static_cast<std::size_t>(wire_[at]);
    while (++at < end) append_escaped(text, wire_[at]);
    text += '.';
  }
  return text;
}

std::size_t Name::labels() const {
  std::size_t count = 0;
  for (std::size_t at = 0; wire_[at] != '\0'; ++count) {
    at += 1 + static_cast<std::size_t>(wire_[at]);
  }
  return count;
}

Name Name::parent() const {
  assert(!is_root());
  Name parent;
  parent.wire_ = wire_.substr(1 + static_cast<std::size_t>(wire_[0]));
  return parent;
}

bool Name::is_within(const Name& zone) const {
  // Only a suffix that begins at a label is an ancestor: "xmesh." is not within "mesh.".
  for (std::size_t at = 0; wire_.size() - at >= zone.wire_.size();) {
    if (std::string_view(wire_).substr(at) == zone.wire_) return true;
    if (wire_[at] == '\0') break;
    at += 1 + static_cast<std::size_t>(wire_[at]);
  }
  return false;
}

}  // namespace dns
