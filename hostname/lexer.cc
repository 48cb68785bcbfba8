#include "hostname/lexer.h"

#include <cctype>
#include <string>

#include "hostname/template.h"

namespace hostname {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";

bool is_space(char c) {
  return kSpaces.find(c) != kSpaces.npos;
}
bool is_alphanumeric(char c) {
  return c == '_' ||
         (static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) != 0);
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) {
      text();
      if (at_ < text_.size()) left_delim();
    }
    start_ = at_;
    emit(Token::Kind::End);
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(std::size_t offset, std::string message) const {
    throw TemplateError{offset, std::move(message)};
  }
  bool has(std::string_view prefix) const { return text_.substr(at_).starts_with(prefix); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void emit(Token::Kind kind) {
    tokens_.push_back(
        {kind, static_cast<std::uint32_t>(start_), text_.substr(start_, at_ - start_)});
    start_ = at_;
  }
  bool accept(std::string_view valid) {
    if (at_ >= text_.size() || valid.find(text_[at_]) == valid.npos) return false;
    ++at_;
    return true;
  }
  void accept_run(std::string_view valid) {
    while (accept(valid)) {
    }
  }

  // The text up to the next action; "{{- " trims its end.
  void text() {
    start_ = at_;
    at_ = std::min(text_.find(kLeft, at_), text_.size());
    std::string_view text = text_.substr(start_, at_ - start_);
    const bool trims = at_ + 3 < text_.size() && text_[at_ + 2] == '-' && is_space(text_[at_ + 3]);
    if (trims) text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
    if (!text.empty()) {
      tokens_.push_back({Token::Kind::Text, static_cast<std::uint32_t>(start_), text});
    }
  }

  void left_delim() {
    start_ = at_;
    action_ = at_;
    at_ += kLeft.size();
    const bool trims = peek() == '-' && is_space(peek(1));
    const std::size_t marker = trims ? 2 : 0;
    if (text_.substr(at_ + marker).starts_with("/*")) {
      at_ += marker;
      return comment();
    }
    emit(Token::Kind::LeftDelim);
    at_ += marker;
    inside_action();
  }

  void comment() {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == text_.npos) fail(action_, "this comment is not closed: end it with */}}");
    at_ = end + 2;
    if (!right_delim()) fail(at_, "a comment must fill its action: }} must follow */");
  }

  // Skips "}}", or " -}}" with the blanks behind it. False if none is here.
  bool right_delim() {
    const bool trims =
        is_space(peek()) && peek(1) == '-' && text_.substr(at_ + 2).starts_with(kRight);
    if (!trims && !has(kRight)) return false;
    at_ += trims ? 4 : 2;
    if (trims) at_ = std::min(text_.find_first_not_of(kSpaces, at_), text_.size());
    return true;
  }

  void inside_action() {
    depth_ = 0;
    for (;;) {
      start_ = at_;
      const std::size_t before = at_;
      if (right_delim()) {
        if (depth_ > 0) fail(before, "a ( is not closed");
        // Its text is of no use, and the next begins behind the trimmed blanks.
        tokens_.push_back({Token::Kind::RightDelim, static_cast<std::uint32_t>(before), kRight});
        return;
      }
      if (at_ >= text_.size()) fail(action_, "this action is not closed: }} is missing");
      token();
    }
  }

  void token() {
    const char c = text_[at_];
    if (is_space(c)) return space();
    if (is_alphanumeric(c) && std::isdigit(static_cast<unsigned char>(c)) == 0) return identifier();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-') return number();
    switch (c) {
      case '.':
        return dot();
      case '$':
        return variable();
      case '"':
        return quoted('"', Token::Kind::String);
      case '\'':
        return quoted('\'', Token::Kind::Character);
      case '`':
        return raw();
      case ':':
        return declare();
      case '=':
        return single(Token::Kind::Assign);
      case '|':
        return single(Token::Kind::Pipe);
      case '(':
        ++depth_;
        return single(Token::Kind::LeftParen);
      case ')':
        if (--depth_ < 0) fail(at_, "there is no ( for this )");
        return single(Token::Kind::RightParen);
      default:
        break;
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      fail(at_, "only ASCII is supported in an action, but for strings and comments");
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fail(at_, "a control character can't stand in an action");
    }
    single(Token::Kind::Other);
  }

  void single(Token::Kind kind) {
    ++at_;
    emit(kind);
  }

  void space() {
    // The last blank may belong to " -}}".
    while (is_space(peek()) && !(peek(1) == '-' && text_.substr(at_ + 2).starts_with(kRight)))
      ++at_;
    if (at_ > start_) emit(Token::Kind::Space);
  }

  void declare() {
    if (peek(1) != '=') fail(at_, "expected := to declare a variable");
    at_ += 2;
    emit(Token::Kind::Declare);
  }

  // What may follow a field, a variable or a name without a blank.
  void require_terminator() {
    const char c = peek();
    if (at_ >= text_.size() || is_space(c) || has(kRight) ||
        std::string_view(".,|:)(").find(c) != std::string_view::npos) {
      return;
    }
    fail(at_, std::string("'") + c + "' can't follow \"" +
                  std::string(text_.substr(start_, at_ - start_)) + '"');
  }

  void word() {
    while (is_alphanumeric(peek())) ++at_;
    require_terminator();
  }
  void identifier() {
    word();
    emit(Token::Kind::Identifier);
  }
  void variable() {
    ++at_;
    word();
    emit(Token::Kind::Variable);
  }
  void dot() {
    if (std::isdigit(static_cast<unsigned char>(peek(1))) != 0) return number();
    ++at_;
    word();
    emit(at_ - start_ == 1 ? Token::Kind::Dot : Token::Kind::Field);
  }

  void number() {
    accept("+-");
    std::string_view digits = "0123456789_";
    if (accept("0")) {
      if (accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
      } else if (accept("oO")) {
        digits = "01234567_";
      } else if (accept("bB")) {
        digits = "01_";
      }
    }
    accept_run(digits);
    if (accept(".")) accept_run(digits);
    if (digits.size() == 11 && accept("eE")) {
      accept("+-");
      accept_run("0123456789_");
    }
    if (digits.size() == 23 && accept("pP")) {
      accept("+-");
      accept_run("0123456789_");
    }
    accept("i");
    if (is_alphanumeric(peek()) || peek() == '+' || peek() == '-') {
      fail(start_, "\"" + std::string(text_.substr(start_, at_ + 1 - start_)) + "\" is no number");
    }
    emit(Token::Kind::Number);
  }

  void quoted(char quote, Token::Kind kind) {
    for (++at_;; ++at_) {
      if (peek() == '\\' && at_ + 1 < text_.size() && peek(1) != '\n') {
        ++at_;
      } else if (at_ >= text_.size() || peek() == '\n' || peek() == '\\') {
        fail(start_, std::string("this ") + quote + " is not closed on its line");
      } else if (peek() == quote) {
        break;
      }
    }
    ++at_;
    emit(kind);
  }

  void raw() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == text_.npos) fail(start_, "this ` is not closed");
    at_ = end + 1;
    emit(Token::Kind::RawString);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;   // of the token
  std::size_t action_ = 0;  // where the action begins
  int depth_ = 0;           // of parentheses
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace hostname
