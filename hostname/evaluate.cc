#include "hostname/evaluate.h"

#include <algorithm>
#include <optional>

#include "hostname/format.h"
#include "hostname/functions.h"

namespace hostname {
namespace {

using Kind = Operand::Kind;

class Evaluator {
 public:
  Evaluator(const Fields& fields, std::string& out) : fields_(fields), out_(out) {}

  void run(const std::vector<Node>& nodes) { list(nodes, Value::data()); }

 private:
  struct Variable {
    std::string_view name;
    Value value;
  };

  [[noreturn]] static void fail(std::size_t offset, std::string message) {
    throw TemplateError{offset, std::move(message)};
  }

  void list(const std::vector<Node>& nodes, const Value& dot) {
    for (const Node& node : nodes) {
      if (out_.size() + node.text.size() > kMaxOutput) fail(0, "it yields more than 4096 bytes");
      switch (node.kind) {
        case Node::Kind::Text:
          out_ += node.text;
          break;
        case Node::Kind::Action:
          action(node, dot);
          break;
        case Node::Kind::If:
        case Node::Kind::With:
          control(node, dot);
          break;
      }
    }
  }

  void action(const Node& node, const Value& dot) {
    if (const auto text = read_only(node.pipeline, dot)) {
      out_ += *text;
      return;
    }
    const Value value = pipeline(node.pipeline, dot);
    if (!node.pipeline.variable.empty()) return;  // a declaration prints nothing
    try {
      append_value(out_, value);
    } catch (const FunctionError& error) {
      fail(node.pipeline.offset, error.message);
    }
  }

  // What {{ .DisplayName }} or {{ label "key" }} prints. Most templates have no other actions, and
  // need no Value, which allocates. Nothing: the general way prints it, or fails.
  std::optional<std::string_view> read_only(const Pipeline& pipeline, const Value& dot) const {
    if (!pipeline.variable.empty() || pipeline.commands.size() != 1) return std::nullopt;
    const std::vector<Operand>& operands = pipeline.commands.front().operands;
    const Operand& first = operands.front();
    if (operands.size() == 1 && first.kind == Kind::Field && first.fields.size() == 1 &&
        dot.kind == Value::Kind::Data) {
      return field(first.fields.front());
    }
    if (operands.size() != 2 || first.kind != Kind::Function || first.name != "label") {
      return std::nullopt;
    }
    const Operand& key = operands.back();
    if (key.kind != Kind::Constant || key.constant.kind != Value::Kind::String) return std::nullopt;
    return fields_.labels->get(key.constant.text);
  }

  void control(const Node& node, const Value& dot) {
    const std::size_t variables = variables_.size();
    const Value value = pipeline(node.pipeline, dot);
    if (!value.truth()) {
      list(node.otherwise, dot);
    } else {
      list(node.then, node.kind == Node::Kind::With ? value : dot);
    }
    variables_.resize(variables);
  }

  Value pipeline(const Pipeline& pipeline, const Value& dot) {
    std::optional<Value> value;  // none: the first command gets no final argument
    for (const Command& command : pipeline.commands) value = this->command(command, dot, value);
    if (pipeline.declares) {
      variables_.push_back({pipeline.variable, *value});
    } else if (!pipeline.variable.empty()) {
      variable(pipeline.variable, pipeline.offset).value = *value;
    }
    return std::move(*value);
  }

  Variable& variable(std::string_view name, std::size_t offset) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const Variable& v) { return v.name == name; });
    if (found == variables_.rend()) fail(offset, "there is no variable " + std::string(name));
    return *found;
  }

  Value command(const Command& command, const Value& dot, const std::optional<Value>& final) {
    const Operand& first = command.operands.front();
    if (first.kind == Kind::Function) return function(command, dot, final);
    if (command.operands.size() > 1 || final) {
      fail(first.offset, "only a function takes arguments");
    }
    if (first.kind == Kind::Nil) fail(first.offset, "nil is no command");
    return operand(first, dot);
  }

  Value operand(const Operand& operand, const Value& dot) {
    switch (operand.kind) {
      case Kind::Dot:
        return dot;
      case Kind::Nil:
        return {};
      case Kind::Constant:
        return operand.constant;
      case Kind::Field:
        return fields(operand, dot);
      case Kind::Variable:
        if (operand.name == "$") return fields(operand, Value::data());
        return fields(operand, variable(operand.name, operand.offset).value);
      case Kind::Pipeline:
        return fields(operand, pipeline(*operand.pipeline, dot));
      case Kind::Function:
        break;
    }
    return function_alone(operand, dot);
  }

  // A function's name as an argument calls it without any.
  Value function_alone(const Operand& operand, const Value& dot) {
    if (operand.name == "and" || operand.name == "or" || operand.name == "label") {
      fail(operand.offset, operand.name + " wants an argument");
    }
    static_cast<void>(dot);
    return call(operand, {});
  }

  Value fields(const Operand& operand, Value of) {
    for (const Field field : operand.fields) {
      // Of nothing every field is nothing.
      if (of.kind == Value::Kind::Nil) return of;
      if (of.kind != Value::Kind::Data) {
        fail(operand.offset, "a " + std::string(of.type()) +
                                 " has no fields: inside {{with}} write $.Name for the service's");
      }
      of = Value::of(std::string(this->field(field)));
    }
    return of;
  }

  std::string_view field(Field field) const {
    switch (field) {
      case Field::Name:
        return fields_.name;
      case Field::DisplayName:
        return fields_.display_name;
      case Field::Namespace:
        return fields_.name_space;
      case Field::Mesh:
        return fields_.mesh;
      case Field::Zone:
        return fields_.zone;
    }
    return {};
  }

  Value function(const Command& command, const Value& dot, const std::optional<Value>& final) {
    const Operand& first = command.operands.front();
    if (first.name == "and" || first.name == "or") return logical(command, dot, final);
    std::vector<Value> arguments;
    arguments.reserve(command.operands.size());
    for (std::size_t i = 1; i < command.operands.size(); ++i) {
      arguments.push_back(operand(command.operands[i], dot));
    }
    if (final) arguments.push_back(*final);
    return first.name == "label" ? label(first, arguments[0]) : call(first, arguments);
  }

  // and, or: the first argument that decides; the others are not evaluated.
  Value logical(const Command& command, const Value& dot, const std::optional<Value>& final) {
    const bool is_or = command.operands.front().name == "or";
    Value value;
    for (std::size_t i = 1; i < command.operands.size(); ++i) {
      value = operand(command.operands[i], dot);
      if (value.truth() == is_or) return value;
    }
    return final ? *final : value;
  }

  Value call(const Operand& function, std::span<const Value> arguments) const {
    try {
      return hostname::call(function.name, arguments);
    } catch (const FunctionError& error) {
      fail(function.offset, error.message);
    }
  }

  Value label(const Operand& function, const Value& key) const {
    if (key.kind != Value::Kind::String) {
      fail(function.offset,
           "label wants the label's key, a string, not " + std::string(key.type()));
    }
    if (const auto value = fields_.labels->get(key.text)) return Value::of(std::string(*value));
    fail(function.offset, "label \"" + key.text + "\" is read, but the service has none");
  }

  const Fields& fields_;
  std::vector<Variable> variables_;
  std::string& out_;
};

}  // namespace

void evaluate(const std::vector<Node>& nodes, const Fields& fields, std::string& out) {
  Evaluator(fields, out).run(nodes);
}

}  // namespace hostname
