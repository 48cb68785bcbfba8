#include "config/tree_builder.h"

#include <algorithm>

namespace config {
namespace {

constexpr std::size_t kSmallMap = 16;  // entries up to which a scan finds a duplicate fastest

// yaml-cpp also takes a bracket that is never closed for a key.
constexpr const char* kKeyIsNoString =
    "a key must be a string: is the [ or { here not closed, or is a text that begins with {{ not "
    "in "
    "quotes?";

}  // namespace

void TreeBuilder::error(const Mark& mark, std::string message) {
  good_ = false;
  diagnostics_.push_back(
      {mesh::Severity::Error, source_.at(mark.line, mark.column), "", std::move(message)});
}

// Checks the size so far, as every event must.
Node TreeBuilder::make(const Mark& mark, Node::Kind kind) {
  if (mark.offset > begin_ && mark.offset - begin_ > limits_.size) {
    error(mark, "this document is larger than " + std::to_string(limits_.size) +
                    " bytes: split it, or raise limits.documentSize");
    throw Stop();
  }
  Node node;
  node.kind = kind;
  node.line = mark.line;
  node.column = mark.column;
  return node;
}

void TreeBuilder::null(const Mark& mark) {
  Node node = make(mark, Node::Kind::Null);
  node.plain = true;
  add(std::move(node));
}

void TreeBuilder::scalar(const Mark& mark, std::string text, bool plain) {
  Node node = make(mark, Node::Kind::Scalar);
  node.plain = plain;
  node.text = std::move(text);
  add(std::move(node));
}

void TreeBuilder::open(const Mark& mark, Node::Kind kind) {
  if (stack_.size() >= limits_.depth) {
    error(mark, "nested deeper than " + std::to_string(limits_.depth));
    throw Stop();
  }
  Node node = make(mark, kind);
  const bool streams = item_ && kind == Node::Kind::Sequence && stack_.size() == 1 &&
                       stack_.back().key && stack_.back().key->key == "items";
  if (stack_.size() == 2 && stack_.back().streams) begin_ = mark.offset;
  if (!stack_.empty() && stack_.back().node.is_map() && !stack_.back().key) {
    error(mark, kKeyIsNoString);
    throw Stop();
  }
  stack_.push_back({std::move(node), {}, {}, streams});
}

void TreeBuilder::close() {
  Node node = std::move(stack_.back().node);
  stack_.pop_back();
  add(std::move(node));
}

void TreeBuilder::add(Node node) {
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

void TreeBuilder::add_key(Open& map, Node key) {
  const Mark mark{key.line, key.column, 0};
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

const Entry* TreeBuilder::duplicate(Open& map, const std::string& key) {
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

}  // namespace config
