#include "config/node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_set>

#include "config/text.h"

namespace config {
namespace {

constexpr std::size_t kSmallMap = 16;  // entries up to which a scan finds a duplicate fastest

// Reads from memory without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's interface; nothing is written
    setg(begin, begin, begin + text.size());
  }
};

// yaml-cpp also takes a bracket that is never closed for a key.
constexpr const char* kKeyIsNoString =
    "a key must be a string: is the [ or { here not closed, or is a text that begins with {{ not "
    "in "
    "quotes?";

// Ends the parse; the diagnostic has been added.
struct Stop {};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, const NodeLimits& limits, Node& root,
          mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item)
      : source_(source), limits_(limits), root_(root), diagnostics_(diagnostics), item_(item) {}

  // To be called at the end of the document.
  bool finish(std::string_view text) {
    if (good_ && !is_closed(text)) {
      error(quoted_, "the quote that begins here is not closed");
    }
    return good_;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = make(mark, Node::Kind::Null, anchor, "");
    node.plain = true;
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    error(mark, "an alias (*name) is not allowed: write the value out");
    add(make(mark, Node::Kind::Null, YAML::NullAnchor, ""));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(mark, Node::Kind::Scalar, anchor, tag);
    node.plain = tag == "?";
    node.text = value;
    if (tag == "!") quoted_ = mark;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Node::Kind::Sequence, anchor, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Node::Kind::Map, anchor, tag);
  }
  void OnMapEnd() override { close(); }

 private:
  // A map or sequence whose end hasn't come.
  struct Open {
    Node node;
    std::optional<Entry> key;              // of a map: read, its value not yet
    std::unordered_set<std::string> keys;  // of a large map
    bool streams = false;                  // the items go to item_
  };

  // yaml-cpp takes the end of the text for a missing quote. Only the last quoted scalar can be one
  // that lacks it.
  bool is_closed(std::string_view text) const {
    if (quoted_.is_null()) return true;
    for (int line = 0; line < quoted_.line; ++line) text.remove_prefix(text.find('\n') + 1);
    text.remove_prefix(std::min(static_cast<std::size_t>(quoted_.column), text.size()));
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) return true;  // a block
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (quote == '"' && text[i] == '\\') {
        ++i;
      } else if (text[i] == quote) {
        const bool escaped = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
        if (!escaped) return true;
        ++i;
      }
    }
    return false;
  }

  mesh::Position position(const YAML::Mark& mark) const {
    return source_.at(source_.first_line + static_cast<std::uint32_t>(mark.line),
                      static_cast<std::uint32_t>(mark.column) + 1);
  }
  void error(const YAML::Mark& mark, std::string message) {
    good_ = false;
    diagnostics_.push_back({mesh::Severity::Error, position(mark), "", std::move(message)});
  }

  // Checks what every event has: its tag, its anchor, the size so far.
  Node make(const YAML::Mark& mark, Node::Kind kind, YAML::anchor_t anchor,
            const std::string& tag) {
    if (static_cast<std::uint64_t>(mark.pos - begin_) > limits_.size) {
      error(mark, "this document is larger than " + std::to_string(limits_.size) +
                      " bytes: split it, or raise limits.documentSize");
      throw Stop();
    }
    if (anchor != YAML::NullAnchor) {
      error(mark, "an anchor (&name) is not allowed: write the value out where it is used");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      error(mark,
            "the tag " + tag + " is not allowed: quotes make a string, nothing else is needed");
    }
    Node node;
    node.kind = kind;
    node.line = source_.first_line + static_cast<std::uint32_t>(mark.line);
    node.column = static_cast<std::uint32_t>(mark.column) + 1;
    return node;
  }

  void open(const YAML::Mark& mark, Node::Kind kind, YAML::anchor_t anchor,
            const std::string& tag) {
    if (stack_.size() >= limits_.depth) {
      error(mark, "nested deeper than " + std::to_string(limits_.depth));
      throw Stop();
    }
    Node node = make(mark, kind, anchor, tag);
    const bool streams = item_ && kind == Node::Kind::Sequence && stack_.size() == 1 &&
                         stack_.back().key && stack_.back().key->key == "items";
    if (stack_.size() == 2 && stack_.back().streams) begin_ = mark.pos;
    if (!stack_.empty() && stack_.back().node.is_map() && !stack_.back().key) {
      error(mark, kKeyIsNoString);
      throw Stop();
    }
    stack_.push_back({std::move(node), {}, {}, streams});
  }

  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.streams) {
      item_(std::move(node));
    } else if (!parent.node.is_map()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      add_key(parent, std::move(node));
    } else {
      parent.key->value = std::move(node);
      parent.node.entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }

  void add_key(Open& map, Node key) {
    const YAML::Mark mark = [&] {
      YAML::Mark at;
      at.line = static_cast<int>(key.line - source_.first_line);
      at.column = static_cast<int>(key.column - 1);
      return at;
    }();
    if (key.kind != Node::Kind::Scalar) {
      error(mark, kKeyIsNoString);
    } else if (key.text == "<<" && key.plain) {
      error(mark, "a merge key (<<) is not allowed: write the fields out");
    } else if (const Entry* first = duplicate(map, key.text)) {
      error(mark, "\"" + key.text + "\" is given twice, first in line " +
                      std::to_string(first->line) + ": remove one");
    }
    map.key.emplace();
    map.key->key = std::move(key.text);
    map.key->line = key.line;
    map.key->column = key.column;
  }

  static const Entry* duplicate(Open& map, const std::string& key) {
    const std::vector<Entry>& entries = map.node.entries;
    if (entries.size() >= kSmallMap) {
      if (map.keys.empty()) {
        for (const Entry& entry : entries) map.keys.insert(entry.key);
      }
      if (map.keys.insert(key).second) return nullptr;
    }
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
  }

  const Source& source_;
  const NodeLimits& limits_;
  Node& root_;
  mesh::Diagnostics& diagnostics_;
  const std::function<void(Node)>& item_;
  std::vector<Open> stack_;
  YAML::Mark quoted_ = YAML::Mark::null_mark();  // the last scalar in quotes, or a block
  int begin_ = 0;  // the offset at which the document, or the list's item, begins
  bool good_ = true;
};

// yaml-cpp's words, and the remedy where they don't tell it.
std::string explained(const std::string& message) {
  if (message.find("illegal map value") != message.npos ||
      message.find("end of map not found") != message.npos) {
    return message + ": is the indentation right, and is a value with \": \" in quotes?";
  }
  if (message.find("illegal tab") != message.npos ||
      message.find("unknown token") != message.npos) {
    return message + ": indent with blanks, not tabs, and quote values that begin with @ or `";
  }
  return message;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

bool parse(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
           mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item) {
  if (const auto bad = find_bad_text(text)) {
    diagnostics.push_back({mesh::Severity::Error,
                           source.at(source.first_line + bad->line - 1, bad->column), "",
                           bad->what});
    return false;
  }
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  Builder builder(source, limits, root, diagnostics, item);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
  } catch (const Stop&) {
    return false;
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::uint32_t>(std::max(error.mark.line, 0));
    const auto column = static_cast<std::uint32_t>(std::max(error.mark.column, 0)) + 1;
    diagnostics.push_back({mesh::Severity::Error, source.at(source.first_line + line, column), "",
                           "no valid YAML: " + explained(error.msg)});
    return false;
  }
  return builder.finish(text);
}

}  // namespace config
