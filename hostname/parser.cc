#include "hostname/parser.h"

#include <algorithm>
#include <optional>
#include <string>

#include "hostname/functions.h"
#include "hostname/lexer.h"
#include "hostname/literal.h"
#include "hostname/template.h"

namespace hostname {
namespace {

using Kind = Token::Kind;

constexpr int kMaxDepth = 100;  // of blocks and parentheses; recursion goes as deep

constexpr std::string_view kFields[] = {"Name", "DisplayName", "Namespace", "Mesh", "Zone"};

// What Go's templates have besides, and hostnames don't need.
constexpr std::string_view kUnsupportedActions[] = {"range", "template", "define",
                                                    "block", "break",    "continue"};
constexpr std::string_view kUnsupportedFunctions[] = {"html", "js", "urlquery", "call"};

bool is_one_of(std::string_view word, auto& words) {
  return std::ranges::find(words, word) != std::end(words);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(lex(text)) {}

  std::vector<Node> run() {
    std::vector<Node> nodes = list();
    if (peek().kind == Kind::End) return nodes;
    // list() stops at {{end}} and {{else}}.
    fail(peek(), "there is no {{if}} or {{with}} that this belongs to");
  }

 private:
  [[noreturn]] void fail(const Token& token, std::string message) const {
    throw TemplateError{token.offset, std::move(message)};
  }
  [[noreturn]] void unexpected(const Token& token, std::string_view where) const {
    const std::string what =
        token.kind == Kind::End ? "the end" : '"' + std::string(token.text) + '"';
    fail(token, "unexpected " + what + " in " + std::string(where));
  }

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& next() {
    const Token& token = peek();
    if (at_ < tokens_.size()) ++at_;
    return token;
  }
  void skip_space() {
    while (peek().kind == Kind::Space) ++at_;
  }
  bool is_word(const Token& token, std::string_view word) const {
    return token.kind == Kind::Identifier && token.text == word;
  }
  // The token behind "{{" and blanks.
  const Token& first_word() const { return peek(peek(1).kind == Kind::Space ? 2 : 1); }
  void expect_right_delim(std::string_view where) {
    skip_space();
    if (const Token& token = next(); token.kind != Kind::RightDelim) unexpected(token, where);
  }

  // Counts the recursion.
  class Deeper {
   public:
    Deeper(Parser& parser, const Token& token) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) parser_.fail(token, "nested deeper than 100");
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  // Nodes up to {{end}}, {{else}} or the end of the text.
  std::vector<Node> list() {
    std::vector<Node> nodes;
    while (peek().kind != Kind::End) {
      if (peek().kind == Kind::Text) {
        nodes.push_back({Node::Kind::Text, std::string(next().text), {}, {}, {}});
        continue;
      }
      const Token& word = first_word();
      if (is_word(word, "end") || is_word(word, "else")) break;
      nodes.push_back(action());
    }
    return nodes;
  }

  Node action() {
    next();  // the left delimiter
    skip_space();
    const Token& word = peek();
    if (is_word(word, "if")) return control(Node::Kind::If);
    if (is_word(word, "with")) return control(Node::Kind::With);
    if (word.kind == Kind::Identifier && is_one_of(word.text, kUnsupportedActions)) {
      fail(word, "{{" + std::string(word.text) + "}} is not supported");
    }
    Node node{Node::Kind::Action, {}, {}, {}, {}};
    node.pipeline = pipeline(Kind::RightDelim, "an action");
    return node;
  }

  // From "if" or "with" to its "{{end}}".
  Node control(Node::Kind kind) {
    const Token& word = next();
    const Deeper deeper(*this, word);
    const std::size_t variables = variables_.size();
    Node node{kind, {}, {}, {}, {}};
    node.pipeline = pipeline(Kind::RightDelim, word.text);
    node.then = list();
    if (peek().kind != Kind::End && is_word(first_word(), "else")) {
      otherwise(node, word);
    } else {
      end(word);
    }
    variables_.resize(variables);
    return node;
  }

  void otherwise(Node& node, const Token& word) {
    next();
    skip_space();
    next();  // "else"
    skip_space();
    // {{else if}} in an if, {{else with}} in a with: one {{end}} closes both.
    if (is_word(peek(), word.text)) {
      node.otherwise.push_back(control(node.kind));
      return;
    }
    expect_right_delim("{{else}}");
    node.otherwise = list();
    end(word);
  }

  void end(const Token& word) {
    if (peek().kind == Kind::End) {
      fail(word, "this {{" + std::string(word.text) + "}} has no {{end}}");
    }
    next();
    skip_space();
    if (const Token& token = next(); !is_word(token, "end")) {
      fail(token, "expected {{end}}, found {{" + std::string(token.text) + "}}");
    }
    expect_right_delim("{{end}}");
  }

  Pipeline pipeline(Kind end, std::string_view where) {
    skip_space();
    Pipeline pipeline;
    pipeline.offset = peek().offset;
    declaration(pipeline, where);
    for (;;) {
      skip_space();
      const Token& token = peek();
      if (token.kind == end) break;
      if (!starts_operand(token)) unexpected(token, where);
      pipeline.commands.push_back(command());
    }
    check(pipeline, next(), where);
    return pipeline;
  }

  // "$x :=" or "$x =".
  void declaration(Pipeline& pipeline, std::string_view where) {
    if (peek().kind != Kind::Variable) return;
    const Token& variable = peek();
    const Token& after = peek(peek(1).kind == Kind::Space ? 2 : 1);
    if (after.kind == Kind::Other && after.text == ",") {
      fail(after, "only one variable can be declared in " + std::string(where));
    }
    if (after.kind != Kind::Assign && after.kind != Kind::Declare) return;
    if (variable.text == "$")
      fail(variable, "setting $ itself is not supported: name the variable, as $x");
    pipeline.variable = variable.text;
    pipeline.declares = after.kind == Kind::Declare;
    next();
    skip_space();
    next();
    variables_.push_back(variable.text);
  }

  void check(const Pipeline& pipeline, const Token& end, std::string_view where) const {
    if (pipeline.commands.empty()) fail(end, "there is no value in " + std::string(where));
    for (std::size_t i = 1; i < pipeline.commands.size(); ++i) {
      const Operand& first = pipeline.commands[i].operands.front();
      if (first.kind == Operand::Kind::Constant || first.kind == Operand::Kind::Dot ||
          first.kind == Operand::Kind::Nil) {
        throw TemplateError{first.offset, "only a function can stand behind |"};
      }
    }
    for (std::size_t i = 0; i < pipeline.commands.size(); ++i) {
      check_function(pipeline.commands[i], i > 0);
    }
  }

  // What can never work is told here and not when a service is named: perhaps there is none yet. Go
  // only sees it then.
  static void check_function(const Command& command, bool behind_pipe) {
    const Operand& function = command.operands.front();
    if (function.kind != Operand::Kind::Function) return;
    try {
      check_count(function.name, command.operands.size() - 1 + (behind_pipe ? 1 : 0));
    } catch (const FunctionError& error) {
      throw TemplateError{function.offset, error.message};
    }
    if (function.name != "label" && function.name != "printf") return;
    if (command.operands.size() < 2) return;
    const Operand& text = command.operands[1];
    const bool is_nil = text.kind == Operand::Kind::Nil;
    const bool is_constant = text.kind == Operand::Kind::Constant;
    if (is_nil || (is_constant && text.constant.kind != Value::Kind::String)) {
      throw TemplateError{text.offset, function.name +
                                           " wants a string in double quotes, \"...\", not " +
                                           (is_nil ? "nil" : text.source)};
    }
  }

  static bool starts_operand(const Token& token) {
    switch (token.kind) {
      case Kind::LeftParen:
      case Kind::Dot:
      case Kind::Field:
      case Kind::Variable:
      case Kind::Number:
      case Kind::Character:
      case Kind::String:
      case Kind::RawString:
        return true;
      case Kind::Identifier:
        return !is_keyword(token.text);
      default:
        return false;
    }
  }

  static bool is_keyword(std::string_view word) {
    constexpr std::string_view kKeywords[] = {"if", "else", "end", "with"};
    return is_one_of(word, kKeywords) || is_one_of(word, kUnsupportedActions);
  }

  // Operands with blanks between, up to | or the end of the pipeline, which it leaves.
  Command command() {
    Command command;
    for (;;) {
      skip_space();
      if (starts_operand(peek())) command.operands.push_back(operand());
      const Token& token = peek();
      if (token.kind == Kind::Space) continue;
      if (token.kind == Kind::Pipe) next();
      if (token.kind == Kind::Pipe || token.kind == Kind::RightDelim ||
          token.kind == Kind::RightParen) {
        return command;
      }
      unexpected(token, "an operand");
    }
  }

  Operand operand() {
    const Token& token = next();
    Operand operand = term(token);
    operand.offset = token.offset;
    while (peek().kind == Kind::Field) {
      if (operand.kind != Operand::Kind::Field && operand.kind != Operand::Kind::Variable &&
          operand.kind != Operand::Kind::Pipeline) {
        unexpected(peek(), "an operand: what stands before it has no fields");
      }
      operand.fields.push_back(field(next()));
    }
    return operand;
  }

  Operand term(const Token& token) {
    Operand operand;
    switch (token.kind) {
      case Kind::Dot:
        break;
      case Kind::Field:
        operand.kind = Operand::Kind::Field;
        operand.fields.push_back(field(token));
        break;
      case Kind::Variable:
        operand.kind = Operand::Kind::Variable;
        operand.name = variable(token);
        break;
      case Kind::Identifier:
        word(token, operand);
        break;
      case Kind::LeftParen: {
        const Deeper deeper(*this, token);
        operand.kind = Operand::Kind::Pipeline;
        operand.pipeline =
            std::make_unique<Pipeline>(pipeline(Kind::RightParen, "a parenthesised pipeline"));
        break;
      }
      default:
        operand.kind = Operand::Kind::Constant;
        operand.source = token.text;
        operand.constant = parse_literal(token);
    }
    return operand;
  }

  void word(const Token& token, Operand& operand) const {
    if (token.text == "true" || token.text == "false") {
      operand.kind = Operand::Kind::Constant;
      operand.source = token.text;
      operand.constant = Value::of(token.text == "true");
    } else if (token.text == "nil") {
      operand.kind = Operand::Kind::Nil;
    } else if (is_function(token.text)) {
      operand.kind = Operand::Kind::Function;
      operand.name = token.text;
    } else if (is_one_of(token.text, kUnsupportedFunctions)) {
      fail(token, "the function " + std::string(token.text) + " is not supported");
    } else {
      fail(token, "there is no function \"" + std::string(token.text) +
                      "\"; there are: " + function_names());
    }
  }

  Field field(const Token& token) const {
    const std::string_view name = token.text.substr(1);
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      if (kFields[i] == name) return static_cast<Field>(i);
    }
    fail(token, "there is no field ." + std::string(name) +
                    "; there are .Name .DisplayName .Namespace .Mesh .Zone, and the function "
                    "label \"key\"");
  }

  std::string variable(const Token& token) const {
    if (token.text != "$" && std::ranges::find(variables_, token.text) == variables_.end()) {
      fail(token, "there is no variable " + std::string(token.text));
    }
    return std::string(token.text);
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<std::string_view> variables_;  // declared so far, in the blocks that are open
};

}  // namespace

std::vector<Node> parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace hostname
