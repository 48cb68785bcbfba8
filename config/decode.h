// Nodes → values: what every decoder needs. Each function reports what is wrong with its node and
// gives nothing then; none stops the others.
//
// Internal to the folder. A Decoder is used by one thread, for one document.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "config/node.h"
#include "config/value_form.h"
#include "mesh/labels.h"

namespace config {

// Where a field stands, as a chain on the stack: its text is only made for a diagnostic.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;
  int index = -1;  // of an item, instead of a key

  Path operator/(std::string_view name) const { return {this, name}; }
  Path operator[](std::size_t i) const { return {this, "", static_cast<int>(i)}; }
};
std::string to_string(const Path& path);  // "spec.ports[1].port"

class Decoder {
 public:
  Decoder(const Source& source, UnknownFields unknown_fields, mesh::Diagnostics& diagnostics)
      : source_(source), unknown_fields_(unknown_fields), diagnostics_(diagnostics) {}
  // One that is given no value: what is asked of it goes to `form`.
  Decoder(const Source& source, mesh::Diagnostics& diagnostics, ValueForm& form)
      : source_(source),
        unknown_fields_(UnknownFields::Refuse),
        diagnostics_(diagnostics),
        form_(&form) {}

  const Source& source() const { return source_; }
  bool failed() const { return failed_; }

  void error(const Node& node, const Path& path, std::string message);
  void warn(const Node& node, const Path& path, std::string message);
  void notice(const Node& node, const Path& path, std::string message);

  // The field if it is there and isn't null.
  static const Node* find(const Node& map, std::string_view key);
  // Likewise; its absence is an error, of the map.
  const Node* require(const Node& map, std::string_view key, const Path& path);

  bool map(const Node& node, const Path& path);
  bool sequence(const Node& node, const Path& path);
  // Complains of fields of the map that are not among `known`.
  void only(const Node& map, const Path& path, std::span<const std::string_view> known);
  void only(const Node& map, const Path& path, std::initializer_list<std::string_view> known) {
    only(map, path, std::span(known.begin(), known.size()));
  }

  std::optional<std::string> string(const Node& node, const Path& path);
  std::optional<std::int64_t> integer(const Node& node, const Path& path, std::int64_t least,
                                      std::int64_t most);
  std::optional<std::uint16_t> port(const Node& node, const Path& path);
  std::optional<bool> boolean(const Node& node, const Path& path);
  // One of `words`.
  std::optional<std::string> word(const Node& node, const Path& path,
                                  std::initializer_list<std::string_view> words);
  // Whether it is the word that may stand in the place of a value of another form.
  bool is(const Node& node, std::string_view word);
  // A map of strings; keys and values by the rules of Kubernetes.
  mesh::Labels labels(const Node& node, const Path& path);

  // The first question of whatever decodes a form of its own. True: only the form was asked for,
  // and is told now; there is no value.
  bool told(ValueForm form);
  // Where the form is asked for.
  ValueForm* form() { return form_; }

 private:
  void add(mesh::Severity severity, const mesh::Position& position, const Path& path,
           std::string message);
  void label(const Entry& entry, const Path& path, mesh::Labels& labels);

  const Source& source_;
  const UnknownFields unknown_fields_;
  mesh::Diagnostics& diagnostics_;
  ValueForm* const form_ = nullptr;
  bool failed_ = false;
};

// What a node is, for messages: `the number 5`, `"x"`, `a map`.
std::string described(const Node& node);

// Whether an unquoted scalar is one of YAML 1.2's booleans, numbers or nulls, and no string.
bool is_typed(const Node& scalar);

// RFC 1123 subdomain: up to 253 of a-z, 0-9, '-' and '.', labels not beginning or ending with '-'.
bool is_subdomain(std::string_view text);
// RFC 1035 label: up to 63 of a-z, 0-9 and '-', beginning with a letter.
bool is_rfc1035_label(std::string_view text);

}  // namespace config
