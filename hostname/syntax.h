// The syntax tree of a template. Internal to the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hostname/value.h"

namespace hostname {

struct Pipeline;

enum class Field : std::uint8_t { Name, DisplayName, Namespace, Mesh, Zone };

// An operand: what a command consists of.
struct Operand {
  enum class Kind : std::uint8_t {
    Dot,
    Nil,
    Constant,  // `constant`
    Field,     // `fields` of dot
    Variable,  // `name`, then `fields`
    Function,  // `name`
    Pipeline,  // parenthesised; then `fields`
  };
  Kind kind = Kind::Dot;
  std::uint32_t offset = 0;  // of its text in the template
  std::string name;
  std::string source;  // Constant: as written, for messages
  Value constant;
  std::vector<Field> fields;
  std::unique_ptr<Pipeline> pipeline;
};

struct Command {
  std::vector<Operand> operands;  // at least one
};

struct Pipeline {
  std::string variable;   // "$x" that it sets, or ""
  bool declares = false;  // := rather than =
  std::uint32_t offset = 0;
  std::vector<Command> commands;  // at least one
};

struct Node {
  enum class Kind : std::uint8_t { Text, Action, If, With };
  Kind kind = Kind::Text;
  std::string text;
  Pipeline pipeline;
  std::vector<Node> then;
  std::vector<Node> otherwise;
};

}  // namespace hostname
