#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>

#include "config/tree_builder.h"

namespace config {
namespace {

// Reads from memory without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's interface; nothing is written
    setg(begin, begin, begin + text.size());
  }
};

// yaml-cpp's events, checked for what YAML has and we refuse: anchors, aliases and tags.
class Events : public YAML::EventHandler {
 public:
  Events(std::uint32_t first_line, TreeBuilder& builder)
      : first_line_(first_line), builder_(builder) {}

  // To be called at the end of the document.
  bool finish(std::string_view text) {
    if (builder_.good() && !is_closed(text)) {
      builder_.error(converted(quoted_), "the quote that begins here is not closed");
    }
    return builder_.good();
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, anchor, "");
    builder_.null(converted(mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    builder_.error(converted(mark), "an alias (*name) is not allowed: write the value out");
    builder_.null(converted(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, anchor, tag);
    if (tag == "!") quoted_ = mark;
    builder_.scalar(converted(mark), value, tag == "?");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, anchor, tag);
    builder_.open(converted(mark), Node::Kind::Sequence);
  }
  void OnSequenceEnd() override { builder_.close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check(mark, anchor, tag);
    builder_.open(converted(mark), Node::Kind::Map);
  }
  void OnMapEnd() override { builder_.close(); }

 private:
  // yaml-cpp takes the end of the text for a missing quote. Only the last quoted scalar can be one
  // that lacks it.
  bool is_closed(std::string_view text) const {
    if (quoted_.is_null()) return true;
    for (int line = 0; line < quoted_.line; ++line) text.remove_prefix(text.find('\n') + 1);
    text.remove_prefix(std::min(static_cast<std::size_t>(quoted_.column), text.size()));
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) return true;  // a block
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (quote == '"' && text[i] == '\\') {
        ++i;
      } else if (text[i] == quote) {
        const bool escaped = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
        if (!escaped) return true;
        ++i;
      }
    }
    return false;
  }

  Mark converted(const YAML::Mark& mark) const {
    return {first_line_ + static_cast<std::uint32_t>(mark.line),
            static_cast<std::uint32_t>(mark.column) + 1,
            static_cast<std::uint64_t>(std::max(mark.pos, 0))};
  }

  void check(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (anchor != YAML::NullAnchor) {
      builder_.error(converted(mark),
                     "an anchor (&name) is not allowed: write the value out where it is used");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      builder_.error(converted(mark), "the tag " + tag +
                                          " is not allowed: quotes make a string, nothing else "
                                          "is needed");
    }
  }

  const std::uint32_t first_line_;
  TreeBuilder& builder_;
  YAML::Mark quoted_ = YAML::Mark::null_mark();  // the last scalar in quotes, or a block
};

// yaml-cpp's words, and the remedy where they don't tell it.
std::string explained(const std::string& message) {
  if (message.find("illegal map value") != message.npos ||
      message.find("end of map not found") != message.npos) {
    return message + ": is the indentation right, and is a value with \": \" in quotes?";
  }
  if (message.find("illegal tab") != message.npos ||
      message.find("unknown token") != message.npos) {
    return message + ": indent with blanks, not tabs, and quote values that begin with @ or `";
  }
  return message;
}

}  // namespace

bool parse_yaml(std::string_view text, const Source& source, const NodeLimits& limits, Node& root,
                mesh::Diagnostics& diagnostics, const std::function<void(Node)>& item) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  TreeBuilder builder(source, limits, root, diagnostics, item);
  Events events(source.first_line, builder);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(events);
  } catch (const TreeBuilder::Stop&) {
    return false;
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::uint32_t>(std::max(error.mark.line, 0));
    const auto column = static_cast<std::uint32_t>(std::max(error.mark.column, 0)) + 1;
    diagnostics.push_back({mesh::Severity::Error, source.at(source.first_line + line, column), "",
                           "no valid YAML: " + explained(error.msg)});
    return false;
  }
  return events.finish(text);
}

}  // namespace config
