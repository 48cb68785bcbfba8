#include "config/json.h"

#include <boost/json/basic_parser_impl.hpp>

#include "config/tree_builder.h"

namespace config {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepth = 1000;  // beyond it a text is left to yaml-cpp, which refuses it
constexpr std::size_t kAny = static_cast<std::size_t>(-1);

// What Boost.JSON wants of a handler, with no interest in anything.
struct Ignore {
  static constexpr std::size_t max_object_size = kAny;
  static constexpr std::size_t max_array_size = kAny;
  static constexpr std::size_t max_key_size = kAny;
  static constexpr std::size_t max_string_size = kAny;
  using Error = json::error_code;
  using Text = json::string_view;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(std::size_t, Error&) { return true; }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_key_part(Text, std::size_t, Error&) { return true; }
  bool on_key(Text, std::size_t, Error&) { return true; }
  bool on_string_part(Text, std::size_t, Error&) { return true; }
  bool on_string(Text, std::size_t, Error&) { return true; }
  bool on_number_part(Text, Error&) { return true; }
  bool on_int64(std::int64_t, Text, Error&) { return true; }
  bool on_uint64(std::uint64_t, Text, Error&) { return true; }
  bool on_double(double, Text, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }
};

// The tokens of a text that is known to be JSON. Boost.JSON doesn't say where it is; but each of
// its events is one token, so the tokens are counted beside it.
class Tokens {
 public:
  Tokens(std::string_view text, std::uint32_t first_line) : text_(text), line_(first_line) {}

  // Goes on to the next one: a bracket, a string, a number or a word.
  Mark next() {
    skip_blanks();
    const std::size_t begin = at_;
    const Mark mark{line_, static_cast<std::uint32_t>(begin - line_begin_) + 1, begin};
    switch (text_[at_]) {
      case '{':
      case '}':
      case '[':
      case ']':
        ++at_;
        break;
      case '"':
        skip_string();
        break;
      default:
        at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    token_ = text_.substr(begin, at_ - begin);
    return mark;
  }

  // The text of the one that next() went to.
  std::string_view token() const { return token_; }

 private:
  void skip_blanks() {
    for (;; ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r' && c != ',' && c != ':') {
        return;
      }
    }
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::string_view token_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::uint32_t line_;
};

class Build : public Ignore {
 public:
  Build(Tokens tokens, TreeBuilder& builder) : tokens_(tokens), builder_(builder) {}

  bool on_object_begin(Error&) { return open(Node::Kind::Map); }
  bool on_object_end(std::size_t, Error&) { return close(); }
  bool on_array_begin(Error&) { return open(Node::Kind::Sequence); }
  bool on_array_end(std::size_t, Error&) { return close(); }
  bool on_key_part(Text part, std::size_t, Error&) { return take(part); }
  bool on_key(Text part, std::size_t, Error&) { return string(part); }
  bool on_string_part(Text part, std::size_t, Error&) { return take(part); }
  bool on_string(Text part, std::size_t, Error&) { return string(part); }
  bool on_int64(std::int64_t, Text, Error&) { return word(); }
  bool on_uint64(std::uint64_t, Text, Error&) { return word(); }
  bool on_double(double, Text, Error&) { return word(); }
  bool on_bool(bool, Error&) { return word(); }
  bool on_null(Error&) {
    builder_.null(tokens_.next());
    return true;
  }

 private:
  bool open(Node::Kind kind) {
    builder_.open(tokens_.next(), kind);
    return true;
  }
  bool close() {
    tokens_.next();
    builder_.close();
    return true;
  }
  bool take(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool string(Text last) {
    take(last);
    builder_.scalar(tokens_.next(), std::move(text_), false);
    text_.clear();
    return true;
  }
  bool word() {
    const Mark mark = tokens_.next();
    builder_.scalar(mark, std::string(tokens_.token()), true);
    return true;
  }

  Tokens tokens_;
  TreeBuilder& builder_;
  std::string text_;  // of a string, so far
};

template <typename Handler>
bool run(json::basic_parser<Handler>& parser, std::string_view text) {
  json::error_code error;
  return parser.write_some(false, text.data(), text.size(), error) == text.size() && !error;
}

json::parse_options options() {
  json::parse_options options;
  options.max_depth = kDepth;
  return options;
}

}  // namespace

bool is_json_object(std::string_view text) {
  constexpr const char* kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos || text[begin] != '{') return false;
  // Most that isn't JSON has a key without quotes.
  const std::size_t key = text.find_first_not_of(kBlanks, begin + 1);
  if (key == text.npos || (text[key] != '"' && text[key] != '}')) return false;
  json::basic_parser<Ignore> parser(options());
  return run(parser, text);
}

bool parse_json(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
                mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item) {
  TreeBuilder builder(source, limits, root, diagnostics, item);
  json::basic_parser<Build> parser(options(), Tokens(text, source.first_line), builder);
  try {
    run(parser, text);
  } catch (const TreeBuilder::Stop&) {
    return false;
  }
  return builder.good();
}

}  // namespace config
