// A YAML or JSON document as a tree with positions.
//
// Our own, since yaml-cpp's keeps the second of two equal keys silently and knows positions only
// sometimes. A Node is a plain value. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/diagnostic.h"

namespace config {

struct Entry;

struct Node {
  enum class Kind : std::uint8_t { Null, Scalar, Map, Sequence };
  Kind kind = Kind::Null;
  bool plain = false;  // a scalar without quotes: `true` is a boolean, "true" is not
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string text;            // Scalar
  std::vector<Entry> entries;  // Map, in the order of the document, keys distinct
  std::vector<Node> items;     // Sequence

  bool is_map() const { return kind == Kind::Map; }
  const Node* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  Node value;
};

// Where a document's text comes from.
struct Source {
  std::shared_ptr<const std::string> file;
  std::uint32_t first_line = 1;  // of the text in the file

  mesh::Position at(std::uint32_t line, std::uint32_t column) const { return {file, line, column}; }
  mesh::Position at(const Node& node) const { return at(node.line, node.column); }
  mesh::Position at(const Entry& entry) const { return at(entry.line, entry.column); }
};

struct NodeLimits {
  std::uint64_t size = 1u << 20;  // bytes, of the document, or of one item of a list
  unsigned depth = 100;
};

// Parses the text of one document into `root`. The items of a sequence under the top-level key
// "items" go to `item` one by one instead of into the tree, so that a List of any length is never
// held whole; without `item` they stay in the tree.
//
// Refuses with a diagnostic: syntax errors, duplicate keys, anchors and aliases, merge keys, tags,
// keys that are no strings, control characters, invalid UTF-8, and what exceeds the limits. False
// when there was any.
bool parse(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
           mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item = {});

}  // namespace config
