#include "config/node.h"

#include <gtest/gtest.h>

namespace config {
namespace {

const Source kSource{std::make_shared<const std::string>("f"), 1};

struct Parse {
  bool good = false;
  Node root;
  std::string errors;
};

Parse parsed(std::string_view text, NodeLimits limits = {}) {
  Parse result;
  mesh::Diagnostics diagnostics;
  result.good = parse(text, kSource, limits, result.root, diagnostics);
  for (const auto& diagnostic : diagnostics) result.errors += to_string(diagnostic) + '\n';
  EXPECT_EQ(result.good, diagnostics.empty());
  return result;
}

TEST(NodeTest, PositionsAreThoseOfTheFile) {
  Node root;
  mesh::Diagnostics diagnostics;
  ASSERT_TRUE(parse("a:\n  - b: x\n    c: 7\n", {kSource.file, 10}, {}, root, diagnostics));
  const Node& item = root.find("a")->items[0];
  EXPECT_EQ(item.find("c")->line, 12u);
  EXPECT_EQ(item.find("c")->column, 8u);
  EXPECT_EQ(item.entries[1].line, 12u);
  EXPECT_EQ(item.entries[1].column, 5u);
}

TEST(NodeTest, QuotesMakeAString) {
  const Parse block = parsed("a: 1\nb: \"1\"\nc: '1'\nd: ~\ne:\n");
  ASSERT_TRUE(block.good) << block.errors;
  EXPECT_TRUE(block.root.find("a")->plain);
  EXPECT_FALSE(block.root.find("b")->plain);
  EXPECT_FALSE(block.root.find("c")->plain);
  EXPECT_EQ(block.root.find("d")->kind, Node::Kind::Null);
  EXPECT_EQ(block.root.find("e")->kind, Node::Kind::Null);
  EXPECT_EQ(block.root.find("nope"), nullptr);
}

TEST(NodeTest, QuotesThatAreClosed) {
  for (const char* text :
       {"a: \"x\"", "a: 'x'\n", "a: 'it''s'", "a: \"\\\"\"", "a: ''", "a: \"\"", "a: |\n  \"x\n",
        "a: >-\n  'x\n", "a: \"x\n  y\"\n", "\xc3\xbc: \"\xc3\xbc\""}) {
    EXPECT_TRUE(parsed(text).good) << text;
  }
}

TEST(NodeTest, JsonIsRead) {
  const Parse json = parsed(R"({"a": [1, "x", null, true], "b": {"c": "\u00fc\n"}})");
  ASSERT_TRUE(json.good) << json.errors;
  EXPECT_EQ(json.root.find("a")->items.size(), 4u);
  EXPECT_EQ(json.root.find("b")->find("c")->text, "\xc3\xbc\n");
}

TEST(NodeTest, WhatIsRefused) {
  const struct {
    const char* why;
    std::string text;
    const char* error;  // position and a part of the message
  } kCases[] = {
      {"a duplicate key, which yaml-cpp would hide", "a: 1\nb: 2\na: 3\n",
       "f:3:1: error: \"a\" is given twice, first in line 1"},
      {"in a large map too",
       [] {
         std::string text;
         for (int i = 0; i < 40; ++i) text += "k" + std::to_string(i) + ": 1\n";
         return text + "k7: 1\n";
       }(),
       "f:41:1: error: \"k7\" is given twice, first in line 8"},
      {"an anchor", "a: &x 1\n", "f:1:4: error: an anchor"},
      {"an alias", "a: &x 1\nb: *x\n", "f:2:4: error: an alias"},
      {"a merge key", "a: {<<: {b: 1}}\n", "a merge key"},
      {"a tag", "a: !!int 1\n", "the tag"},
      {"a tag of one's own", "a: !secret x\n", "the tag"},
      {"a key that is a map", "? {a: 1}\n: x\n", "a key must be a string"},
      {"a key that is a list", "? [a]\n: x\n", "a key must be a string"},
      {"NUL", std::string("a: \0b", 5), "f:1:4: error: a NUL byte"},
      {"invalid UTF-8", "a: \xff\n", "UTF-8"},
      {"nested too deep", std::string(101, '[') + std::string(101, ']'), "deeper than 100"},
      {"very deep, and never closed", std::string(100'000, '['),
       "f:1:1: error: a key must be a string: is the [ or {"},
      {"a tab as indentation", "a:\n\tb: 1\n", "no valid YAML"},
      {"an open quote", "a: \"x\n", "f:1:4: error: the quote that begins here is not closed"},
      {"an open quote that ends in an escape", "a: b\nc: \"x\\\"\n", "f:2:4: error: the quote"},
      {"an open single quote", "a: 'it''s\n", "f:1:4: error: the quote"},
      {"an open brace", "{a: 1", "is the [ or { here not closed"},
      {"a template without quotes", "template: {{ .Name }}.mesh\n",
       "a text that begins with {{ not in quotes?"},
      {"a value with a colon", "a: b: c\n", "in quotes?"},
      {"two values", "a\nb: 1\n", "no valid YAML"},
  };
  for (const auto& row : kCases) {
    const Parse parse = parsed(row.text);
    EXPECT_FALSE(parse.good) << row.why;
    EXPECT_NE(parse.errors.find(row.error), std::string::npos) << row.why << ": " << parse.errors;
  }
}

TEST(NodeTest, SeveralMistakesOfOneDocumentAreToldAtOnce) {
  const Parse parse = parsed("a: &x 1\na: 2\nb: *x\n");
  EXPECT_EQ(std::count(parse.errors.begin(), parse.errors.end(), '\n'), 3) << parse.errors;
}

TEST(NodeTest, TheSizeOfADocumentIsLimited) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": some value\n";
  EXPECT_TRUE(parsed(text).good);
  const Parse parse = parsed(text, {1000, 100});
  EXPECT_NE(parse.errors.find("limits.documentSize"), std::string::npos) << parse.errors;
}

TEST(NodeTest, ItemsOfAListAreHandedOutOneByOne) {
  std::string text = "kind: List\nitems:\n";
  for (int i = 0; i < 1000; ++i) text += "- name: n" + std::to_string(i) + "\n  v: [1, {a: b}]\n";
  Node root;
  mesh::Diagnostics diagnostics;
  std::size_t count = 0;
  // The limit is one of an item, not of the list.
  ASSERT_TRUE(parse(text, kSource, {500, 100}, root, diagnostics, [&](Node item) {
    EXPECT_EQ(item.find("name")->text, "n" + std::to_string(count++));
    EXPECT_EQ(item.find("v")->items[1].find("a")->text, "b");
  }));
  EXPECT_EQ(count, 1000u);
  EXPECT_TRUE(root.find("items")->items.empty());
}

}  // namespace
}  // namespace config
