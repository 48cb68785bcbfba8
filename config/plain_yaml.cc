#include "config/plain_yaml.h"

#include <algorithm>
#include <array>

namespace config {
namespace {

constexpr unsigned kDepth = 32;
constexpr std::size_t kMapSize = 64;   // up to which a scan finds a duplicate
constexpr std::size_t kKeySize = 512;  // yaml-cpp takes no key above 1,024

// Classes of characters, as bits.
enum : std::uint8_t {
  kText = 1,       // may be in a document at all
  kKey = 2,        // in a key without quotes, here
  kFirst = 4,      // begins a plain scalar, here
  kFlowPlain = 8,  // in a plain scalar between flow brackets, here
};

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  classes['\n'] = kText;
  for (unsigned c = 0x20; c < 0x7f; ++c) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    classes[c] = kText;
    if (alphanumeric) classes[c] |= kKey | kFirst | kFlowPlain;
  }
  for (const char c : {'_', '.', '/', '-'}) {
    classes[static_cast<unsigned char>(c)] |= kKey | kFirst | kFlowPlain;
  }
  for (const char c : {'+', '(', '$'}) {
    classes[static_cast<unsigned char>(c)] |= kFirst | kFlowPlain;
  }
  for (const char c : {' ', '=', ')', '@'}) classes[static_cast<unsigned char>(c)] |= kFlowPlain;
  return classes;
}();

bool is(char c, std::uint8_t mask) {
  return (kClasses[static_cast<unsigned char>(c)] & mask) != 0;
}

// Without a branch in the loop, so that the compiler makes vectors of it.
bool is_plain_text(std::string_view text) {
  unsigned bad = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(static_cast<unsigned char>(byte - 0x20) > 0x5e) &
           static_cast<unsigned>(byte != '\n');
  }
  return bad == 0;
}

// What yaml-cpp takes for null.
bool is_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

class Reader {
 public:
  Reader(std::string_view text, const Source& source, const NodeLimits& limits, bool streams)
      : text_(text),
        depth_left_(std::min(limits.depth, kDepth)),
        streams_(streams),
        line_(source.first_line) {}

  bool run(Node& root) {
    next_line();
    if (ended_ || is_marker()) return false;
    const bool read = peek() == '{' ? top_flow(root) : block_map(root);
    return read && ended_ && !(streams_ && root.find("items") != nullptr);
  }

 private:
  // The cursor. Behind the text it stands on a line break.
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n';
  }
  std::size_t column() const { return at_ - line_begin_; }
  bool at_blank(std::size_t ahead) const { return peek(ahead) == ' ' || peek(ahead) == '\n'; }
  void skip_blanks() {
    while (peek() == ' ') ++at_;
  }

  // Goes to the first character of the next line that has more than a comment, from the beginning
  // of a line.
  void next_line() {
    for (;;) {
      skip_blanks();
      if (at_ >= text_.size()) {
        ended_ = true;
        return;
      }
      if (text_[at_] != '\n' && text_[at_] != '#') return;
      break_line();
    }
  }
  // Goes behind the next line break, if there is one.
  void break_line() {
    const std::size_t end = text_.find('\n', at_);
    if (end == text_.npos) {
      at_ = text_.size();
      return;
    }
    at_ = end + 1;
    line_begin_ = at_;
    ++line_;
  }
  // Nothing but a comment may be left of this line; goes to the next one.
  bool end_of_line() {
    const std::size_t begin = at_;
    skip_blanks();
    if (peek() == '#' && at_ == begin) return false;
    if (peek() != '\n' && peek() != '#') return false;
    break_line();
    next_line();
    return ended_ || !is_marker();
  }
  // What begins a document or a directive.
  bool is_marker() const {
    if (column() != 0) return false;
    return peek() == '%' || text_.substr(at_).starts_with("---") ||
           text_.substr(at_).starts_with("...");
  }
  bool is_item() const { return peek() == '-' && at_blank(1); }

  void place(Node& node, Node::Kind kind) const {
    node.kind = kind;
    node.line = line_;
    node.column = static_cast<std::uint32_t>(column()) + 1;
  }

  // Nesting ends at the limit; what is deeper isn't plain.
  class Level {
   public:
    explicit Level(unsigned& left) : left_(left) { fits_ = left_ > 0 && left_-- > 0; }
    ~Level() { left_ += fits_ ? 1 : 0; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    explicit operator bool() const { return fits_; }

   private:
    unsigned& left_;
    bool fits_;
  };

  // JSON has a reader of its own.
  bool top_flow(Node& map) { return !is_json_object_begin() && flow(map) && end_of_line(); }
  bool is_json_object_begin() const {
    const std::size_t next = text_.find_first_not_of(" \n", at_ + 1);
    return next == text_.npos || text_[next] == '"' || text_[next] == '}';
  }

  // The map whose first key begins here.
  bool block_map(Node& map) {
    const Level level(depth_left_);
    if (!level) return false;
    place(map, Node::Kind::Map);
    const std::size_t indent = column();
    while (!ended_ && column() == indent && !is_item()) {
      Entry* entry = new_entry(map);
      if (entry == nullptr || !key(map, *entry) || !at_blank(0)) return false;
      if (!block_value(entry->value, indent, true)) return false;
    }
    // A list at the column of its key ended, or a line is between two levels: the caller sees.
    return ended_ || column() < indent;
  }

  // The list whose first item begins here.
  bool block_list(Node& list) {
    const Level level(depth_left_);
    if (!level) return false;
    place(list, Node::Kind::Sequence);
    const std::size_t indent = column();
    while (!ended_ && column() == indent && is_item()) {
      ++at_;
      if (!block_value(list.items.emplace_back(), indent, false)) return false;
    }
    return ended_ || column() <= indent;
  }

  // What is behind the colon of a key, or the dash of an item, that stands at `indent`.
  bool block_value(Node& value, std::size_t indent, bool of_key) {
    const std::size_t begin = at_;
    skip_blanks();
    const bool comment = peek() == '#' && at_ != begin;
    if (peek() != '\n' && !comment) {
      if (!of_key && is_key()) return block_map(value) && at_most(indent);
      return inline_value(value) && end_of_line() && at_most(indent);
    }
    break_line();
    next_line();
    if (!ended_ && is_marker()) return false;
    if (!ended_ && column() > indent) {
      return (is_item() ? block_list(value) : block_map(value)) && at_most(indent);
    }
    if (!ended_ && of_key && column() == indent && is_item()) return block_list(value);
    // A null is where the next token is; where the end is within a line, yaml-cpp doesn't always
    // take it for the line's beginning.
    if (ended_ && column() != 0) return false;
    place(value, Node::Kind::Null);
    value.plain = true;
    return true;
  }

  bool at_most(std::size_t indent) const { return ended_ || column() <= indent; }

  static Entry* new_entry(Node& map) {
    if (map.entries.size() >= kMapSize) return nullptr;
    if (map.entries.empty()) map.entries.reserve(4);
    return &map.entries.emplace_back();
  }

  // Where the key that begins here ends, or npos.
  std::size_t end_of_key() const {
    const char c = peek();
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_quoted();
      return end == text_.npos ? end : end + 1;
    }
    if (!is(c, kKey) || c == '-' || c == '.') return text_.npos;
    std::size_t end = at_;
    while (end < text_.size() && is(text_[end], kKey)) ++end;
    return end;
  }
  bool is_key() const {
    const std::size_t end = end_of_key();
    return end != text_.npos && peek(end - at_) == ':' && at_blank(end - at_ + 1);
  }

  // The last key of `map`, and the colon behind it.
  bool key(const Node& map, Entry& entry) {
    entry.line = line_;
    entry.column = static_cast<std::uint32_t>(column()) + 1;
    const std::size_t end = end_of_key();
    if (end == text_.npos || end - at_ > kKeySize || end >= text_.size() || text_[end] != ':') {
      return false;
    }
    const bool quoted = peek() == '"' || peek() == '\'';
    entry.key = text_.substr(at_ + (quoted ? 1 : 0), end - at_ - (quoted ? 2 : 0));
    if (!quoted && is_null(entry.key)) return false;
    at_ = end + 1;
    for (const Entry& other : map.entries) {
      if (&other != &entry && other.key == entry.key) return false;
    }
    return true;
  }

  // Where the closing quote is of the quoted scalar that begins here; npos if it has escapes.
  std::size_t end_of_quoted() const {
    const char quote = peek();
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\n' || (c == '\\' && quote == '"')) return text_.npos;
      if (c != quote) continue;
      const bool escaped = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
      return escaped ? text_.npos : i;
    }
    return text_.npos;
  }

  // A value in the rest of a line of a block.
  bool inline_value(Node& value) {
    if (peek() == '{' || peek() == '[') return flow(value);
    if (peek() == '"' || peek() == '\'') return quoted(value);
    return begins_plain() && plain(value, end_of_plain());
  }

  bool quoted(Node& value) {
    const std::size_t end = end_of_quoted();
    if (end == text_.npos) return false;
    place(value, Node::Kind::Scalar);
    value.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }

  bool begins_plain() const { return is(peek(), kFirst) && (peek() != '-' || !at_blank(1)); }

  // The plain scalar up to `end`, where npos means that it can't be one.
  bool plain(Node& value, std::size_t end) {
    if (end == text_.npos) return false;
    std::string_view scalar = text_.substr(at_, end - at_);
    while (scalar.ends_with(' ')) scalar.remove_suffix(1);
    const bool null = is_null(scalar);
    place(value, null ? Node::Kind::Null : Node::Kind::Scalar);
    value.plain = true;
    if (!null) value.text = scalar;
    at_ += scalar.size();
    return true;
  }

  std::size_t end_of_plain() const {
    for (std::size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\n') return i;
      if (c == '#' && text_[i - 1] == ' ') return i;
      if (c == ':' && (i + 1 == text_.size() || text_[i + 1] == ' ' || text_[i + 1] == '\n')) {
        return text_.npos;
      }
    }
    return text_.size();
  }

  // A map or list between brackets, on one line.
  bool flow(Node& node) {
    const Level level(depth_left_);
    if (!level) return false;
    const bool is_map = peek() == '{';
    const char close = is_map ? '}' : ']';
    place(node, is_map ? Node::Kind::Map : Node::Kind::Sequence);
    ++at_;
    skip_blanks();
    if (peek() == close) {
      ++at_;
      return true;
    }
    for (;;) {
      if (!(is_map ? flow_entry(node) : flow_value(node.items.emplace_back()))) return false;
      skip_blanks();
      const char c = peek();
      ++at_;
      if (c == close) return true;
      if (c != ',') return false;
      skip_blanks();
    }
  }

  bool flow_entry(Node& map) {
    Entry* entry = new_entry(map);
    if (entry == nullptr || !key(map, *entry) || peek() != ' ') return false;
    skip_blanks();
    return flow_value(entry->value);
  }

  bool flow_value(Node& value) {
    if (peek() == '{' || peek() == '[') return flow(value);
    if (peek() == '"' || peek() == '\'') return quoted(value);
    return begins_plain() && plain(value, end_of_flow_plain());
  }

  std::size_t end_of_flow_plain() const {
    for (std::size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == ',' || c == ']' || c == '}') return i;
      const bool inner = c == ':' && i + 1 < text_.size() && is(text_[i + 1], kKey);
      if (!is(c, kFlowPlain) && !inner) return text_.npos;
    }
    return text_.npos;
  }

  std::string_view text_;
  unsigned depth_left_;
  const bool streams_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::uint32_t line_;
  bool ended_ = false;
};

}  // namespace

bool parse_plain_yaml(std::string_view text, const Source& source, const NodeLimits& limits,
                      Node& root, bool streams) {
  if (text.size() > limits.size || !is_plain_text(text)) return false;
  if (Reader(text, source, limits, streams).run(root)) return true;
  root = {};
  return false;
}

}  // namespace config
