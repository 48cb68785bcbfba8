// The events of a parser → a tree of Nodes, with the rules that hold for YAML and JSON alike: keys
// are strings and distinct, the depth and the size are limited.
//
// Used by one thread, for one document. Internal to the folder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "config/node.h"

namespace config {

// Where an event is: line and column in the file, from 1, and the offset in the document.
struct Mark {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint64_t offset = 0;
};

class TreeBuilder {
 public:
  // Thrown when the rest can't be read; the diagnostic has been added.
  struct Stop {};

  TreeBuilder(const Source& source, const NodeLimits& limits, Node& root,
              mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item)
      : source_(source), limits_(limits), root_(root), diagnostics_(diagnostics), item_(item) {}

  void null(const Mark& mark);
  void scalar(const Mark& mark, std::string text, bool plain);
  void open(const Mark& mark, Node::Kind kind);
  void close();

  void error(const Mark& mark, std::string message);
  bool good() const { return good_; }

 private:
  // A map or sequence whose end hasn't come.
  struct Open {
    Node node;
    std::optional<Entry> key;              // of a map: read, its value not yet
    std::unordered_set<std::string> keys;  // of a large map
    bool streams = false;                  // the items go to item_
  };

  Node make(const Mark& mark, Node::Kind kind);
  void add(Node node);
  void add_key(Open& map, Node key);
  static const Entry* duplicate(Open& map, const std::string& key);

  const Source& source_;
  const NodeLimits& limits_;
  Node& root_;
  mesh::Diagnostics& diagnostics_;
  const std::function<void(Node)>& item_;
  std::vector<Open> stack_;
  std::uint64_t begin_ = 0;  // the offset at which the document, or the list's item, begins
  bool good_ = true;
};

}  // namespace config
