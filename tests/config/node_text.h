// A tree of Nodes as text, with every position: to compare what two parsers make of one document.
#pragma once

#include <string>

#include "config/node.h"

namespace config {

inline void append_text(const Node& node, std::string& text) {
  const auto at = [&](std::uint32_t line, std::uint32_t column) {
    text += std::to_string(line) + ':' + std::to_string(column) + ' ';
  };
  text += static_cast<char>('0' + static_cast<int>(node.kind));
  text += node.plain ? 'p' : '-';
  at(node.line, node.column);
  text += '"' + node.text + "\"\n";
  for (const Entry& entry : node.entries) {
    text += "key ";
    at(entry.line, entry.column);
    text += '"' + entry.key + "\" ";
    append_text(entry.value, text);
  }
  for (const Node& item : node.items) {
    text += "item ";
    append_text(item, text);
  }
  text += "end\n";
}

inline std::string node_text(const Node& node) {
  std::string text;
  append_text(node, text);
  return text;
}

}  // namespace config
