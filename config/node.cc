#include "config/node.h"

#include <algorithm>

#include "config/json.h"
#include "config/plain_yaml.h"
#include "config/text.h"
#include "config/yaml.h"

namespace config {

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

bool parse(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
           mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item) {
  if (parse_plain_yaml(text, source, limits, root, static_cast<bool>(item))) return true;
  if (const auto bad = find_bad_text(text)) {
    diagnostics.push_back({mesh::Severity::Error,
                           source.at(source.first_line + bad->line - 1, bad->column), "",
                           bad->what});
    return false;
  }
  const bool is_json = is_json_object(text);
  return (is_json ? parse_json : parse_yaml)(text, source, limits, root, diagnostics, item);
}

}  // namespace config
