// The three readers of documents agree: what the fast ones accept, yaml-cpp reads as the same tree.
#include "config/plain_yaml.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "config/json.h"
#include "config/text.h"
#include "config/yaml.h"
#include "tests/config/node_text.h"

namespace config {
namespace {

namespace fs = std::filesystem;

const Source kSource{std::make_shared<const std::string>("f"), 3};

std::string by_yaml_cpp(std::string_view text) {
  Node root;
  mesh::Diagnostics diagnostics;
  if (parse_yaml(text, kSource, {}, root, diagnostics, {})) return node_text(root);
  return diagnostics.empty() ? "refused" : "refused: " + to_string(diagnostics.front());
}

// Whether it is plain; then the trees must be the same.
bool is_plain(std::string_view text) {
  Node root;
  if (!parse_plain_yaml(text, kSource, {}, root, false)) return false;
  EXPECT_EQ(node_text(root), by_yaml_cpp(text)) << text;
  return true;
}

TEST(PlainYamlTest, WhatIsPlain) {
  const struct {
    const char* why;
    const char* text;
    bool plain;
  } kCases[] = {
      {"maps in maps", "a:\n  b:\n    c: d\ne: f\n", true},
      {"no line break at the end", "a: b", true},
      {"lists below their key", "a:\n  - b\n  - c\nd: e\n", true},
      {"lists at the column of their key", "a:\n- b\n- c\nd: e\n", true},
      {"maps in lists", "a:\n- b: 1\n  c: 2\n- d: 3\n", true},
      {"an item on its own lines", "a:\n-\n  b: 1\n-\n  - c\n", true},
      {"blanks behind the dash", "a:\n-   b: 1\n    c: 2\n", true},
      {"quotes", "a: \"b: c\"\n'd': 'e # f'\n\"g h\": i\n", true},
      {"flow collections", "a: {b: c, d: [1, e f, \"g\"], h: {}, i: []}\n", true},
      {"a document in one line", "{a: b, c: {d: [{e: 80}]}}\n", true},
      {"comments", "# a\na: b # c\n\n  # d\ne: # f\n  g: h\n# i", true},
      {"a # inside", "a: b#c\nd: e#\n", true},
      {"a colon inside", "a: b:c\nd: 2024-05-06T07:08:09Z\n", true},
      {"null in words", "a: null\nb: {c: NULL}\nd: nullx\n", true},
      {"null in none", "a:\nb:\n  c:\nd:\n  -\n  -\ne:\n", true},
      {"blanks at the end", "a: b  \nc:   \n  d: e \n", true},
      {"brackets in a block's scalar", "a: b[0], c{d}\n", true},
      {"indented as a whole", "  a: b\n  c: d\n", true},

      {"null at the end of the last line", "a:\n  b:\n    c:\n  ", false},
      {"a scalar of several lines", "a: b\n  c\n", false},
      {"a block scalar", "a: |\n  b\n", false},
      {"a flow collection of several lines", "a: [b,\n  c]\n", false},
      {"an anchor", "a: &b c\n", false},
      {"an alias", "a: *b\n", false},
      {"a tag", "a: !b c\n", false},
      {"a merge key", "<<: a\n", false},
      {"a complex key", "? a\n: b\n", false},
      {"a key of null", "null: a\n", false},
      {"an escape", "a: \"\\n\"\n", false},
      {"a doubled quote", "a: 'it''s'\n", false},
      {"a quote that isn't closed", "a: \"b\n", false},
      {"an equal key", "a: 1\na: 2\n", false},
      {"a tab", "a:\tb\n", false},
      {"a carriage return", "a: b\r\n", false},
      {"other letters", "a: \xc3\xbc\n", false},
      {"a control character", "a: \x01\n", false},
      {"a document marker", "--- a\n", false},
      {"one behind", "a: b\n--- c\n", false},
      {"an end marker", "a: b\n...\n", false},
      {"a directive", "%YAML 1.2\n", false},
      {"a list", "- a\n", false},
      {"a scalar", "a\n", false},
      {"nothing", "", false},
      {"a comment alone", "# a\n", false},
      {"a colon in a value", "a: b: c\n", false},
      {"a colon at the end of one", "a: b:\n", false},
      {"a dedent to no level", "a:\n    b: 1\n  c: 2\n", false},
      {"an indent without need", "a: b\n  c: d\n", false},
      {"a list among keys", "a: b\n- c\n", false},
      {"a key among items", "a:\n  - b\n  c: d\n", false},
      {"lists in one line", "a:\n- - b\n", false},
      {"a pair in a list", "a: [b: c]\n", false},
      {"a comma too much", "a: [b,]\n", false},
      {"text behind a bracket", "a: [b] c\n", false},
      {"text behind a quote", "a: \"b\" c\n", false},
      {"a comment without a blank", "a: \"b\"#c\n", false},
      {"a bracket that isn't closed", "a: {b: c\n", false},
      {"a template without quotes", "a: {{ .Name }}.mesh\n", false},
      {"a key without a value in a flow map", "a: {b}\n", false},
      {"JSON, which is Boost.JSON's", "{\"a\": 1}\n", false},
  };
  for (const auto& row : kCases) EXPECT_EQ(is_plain(row.text), row.plain) << row.why;
}

TEST(PlainYamlTest, LimitsAreYamlCppsToReport) {
  Node root;
  EXPECT_FALSE(parse_plain_yaml("a: some text\n", kSource, {5, 100}, root, false));
  EXPECT_FALSE(parse_plain_yaml("a: {b: {c: d}}\n", kSource, {100, 2}, root, false));
  EXPECT_TRUE(parse_plain_yaml("a: {b: {c: d}}\n", kSource, {100, 3}, root, false));
}

TEST(PlainYamlTest, AListIsStreamed) {
  Node root;
  EXPECT_FALSE(parse_plain_yaml("kind: List\nitems:\n- a: b\n", kSource, {}, root, true));
  EXPECT_TRUE(parse_plain_yaml("a:\n  items:\n  - a: b\n", kSource, {}, root, true));
}

// What people write and what they get wrong: documents with some of their characters changed.
class Mutator {
 public:
  std::string next() {
    std::string text = pick(kDocuments);
    for (std::size_t i = random_() % 4; i > 0; --i) change(text);
    return text;
  }

 private:
  static constexpr const char* kDocuments[] = {
      "type: MeshService\nmesh: default\nname: redis\nlabels:\n  team: db\nspec:\n  selector:\n"
      "    dataplaneTags:\n      kuma.io/service: redis\n  ports:\n  - port: 80\n    name: http\n"
      "    targetPort: 8080\n  - port: 81\n",
      "apiVersion: kuma.io/v1alpha1\nkind: MeshService\nmetadata:\n    name: a\n    labels: {}\n"
      "spec:\n    ports:\n        - port: 80 # web\n          name: \"http\"\n",
      "{type: MeshService, mesh: default, name: s1, spec: {ports: [{port: 80}, {port: 81}]}}\n",
      "a:\n- b:\n  - c: d\n    e:\n  f: {g: [h, i], 'j': \"k\"}\n-\n  l: null\n# m\nn:\n",
      "type: HostnameGenerator\nname: g\nspec:\n  selector: {meshService: {matchLabels: {a: b}}}\n"
      "  template: '{{ .DisplayName }}.mesh'\n",
  };
  static constexpr const char* kPieces[] = {
      " ",    "  ", "\n", "\n  ",  "\n\n", ": ", ":",  "- ", "-",    ",",   "{",   "}",
      "[",    "]",  "\"", "'",     "#",    " #", "a",  "~",  "null", "...", "---", "?",
      "\n- ", "&",  "!",  "|",     "\\",   "*",  "%",  "@",  "b: c", ">",   "=",   "a: ",
      "<<",   ".",  "\t", "\n---", "[]",   "{}", "''", "''", "\"\"", "$(",  "+",   "`"};

  template <std::size_t N>
  const char* pick(const char* const (&words)[N]) {
    return words[random_() % N];
  }
  void change(std::string& text) {
    const std::size_t at = random_() % (text.size() + 1);
    switch (random_() % 4) {
      case 0:
        text.erase(at, 1 + random_() % 3);
        break;
      case 1:  // a line elsewhere
        text.insert(at, text.substr(text.rfind('\n', at == 0 ? 0 : at - 1) + 1, random_() % 30));
        break;
      default:
        text.insert(at, pick(kPieces));
    }
  }

  std::mt19937_64 random_{20};
};

TEST(PlainYamlTest, RandomDocumentsAreTheSameTrees) {
  Mutator mutator;
  int plain = 0;
  constexpr int kTries = 40'000;
  for (int i = 0; i < kTries && !HasFailure(); ++i) plain += is_plain(mutator.next()) ? 1 : 0;
  EXPECT_GT(plain, kTries / 5);
  EXPECT_LT(plain, kTries * 4 / 5);
}

TEST(PlainYamlTest, TheDocumentsOfTheManualAreTheSameTrees) {
  int plain = 0;
  int all = 0;
  for (const char* folder : {"docs/examples", "tests/fuzz/corpus/yaml"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(MESH_DNS_SOURCE_DIR) / folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (const DocumentText& document : split(text)) {
        ++all;
        plain += is_plain(document.text) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(plain * 2, all) << "most documents are plain";
}

TEST(JsonTest, TheSameTreeAsYamlCpps) {
  for (const char* text : {
           R"({})",
           R"( {"a": 1} )",
           "{\n  \"a\": [\n    1,\n    -2.5e3,\n    true, false, null\n  ],\n  \"b\": {}\n}\n",
           R"({"a":"b","c":["d","e\"f","\u00fc\n"],"g":{"h":[]}})",
           "{\"a\": \"\xc3\xbc\", \"b\": 1}",
           R"({"a": "x, y: z]}", "b": [[], [[]]]})",
           "{\"a\" : 1 , \"b\" : 2}",
       }) {
    ASSERT_TRUE(is_json_object(text)) << text;
    Node root;
    mesh::Diagnostics diagnostics;
    ASSERT_TRUE(parse_json(text, kSource, {}, root, diagnostics, {})) << text;
    EXPECT_EQ(node_text(root), by_yaml_cpp(text)) << text;
  }
}

TEST(JsonTest, WhatIsNoJsonIsYamlCpps) {
  for (const char* text : {"", "[1]", "{a: 1}", "{\"a\": b}", "{\"a\": 1,}", "{\"a\": 1} x",
                           "{\"a\": 1 # b\n}", "{'a': 1}", "{\"a\": 1", "{\"a\": 01}", "\"a\""}) {
    EXPECT_FALSE(is_json_object(text)) << text;
  }
}

TEST(JsonTest, ReadsWhatYamlCppDoesNot) {
  Node root;
  mesh::Diagnostics diagnostics;
  ASSERT_TRUE(parse("{\n\t\"a\": \"\\ud83d\\ude00\"\n}", kSource, {}, root, diagnostics));
  EXPECT_EQ(root.find("a")->text, "\xf0\x9f\x98\x80");
  EXPECT_EQ(root.find("a")->line, 4u);
  EXPECT_EQ(root.find("a")->column, 7u);
}

TEST(JsonTest, WhatIsRefused) {
  const struct {
    const char* why;
    std::string text;
    const char* error;
  } kCases[] = {
      {"an equal key", "{\"a\": 1,\n \"a\": 2}",
       "f:4:2: error: \"a\" is given twice, first in line 3"},
      {"nested too deep", "{\"a\": " + std::string(100, '[') + std::string(100, ']') + "}",
       "deeper than 100"},
      {"nested deeper than Boost.JSON reads",
       "{\"a\": " + std::string(2000, '[') + std::string(2000, ']') + "}", "deeper than 100"},
      {"too large", "{\"a\": [" + std::string(1 << 20, ' ') + "1]}", "limits.documentSize"},
      {"a control character", "{\"a\": \"\x01\"}", "the control character 0x01"},
      {"DEL, which JSON has", "{\"a\": \"\x7f\"}", "the control character 0x7f"},
      {"invalid UTF-8", "{\"a\": \"\xff\"}", "UTF-8"},
  };
  for (const auto& row : kCases) {
    Node root;
    mesh::Diagnostics diagnostics;
    EXPECT_FALSE(parse(row.text, kSource, {}, root, diagnostics)) << row.why;
    ASSERT_EQ(diagnostics.size(), 1u) << row.why;
    EXPECT_NE(to_string(diagnostics[0]).find(row.error), std::string::npos)
        << row.why << ": " << to_string(diagnostics[0]);
  }
}

TEST(JsonTest, ItemsOfAListAreHandedOutOneByOne) {
  std::string text = "{\"kind\": \"List\", \"items\": [";
  for (int i = 0; i < 1000; ++i) {
    text += (i == 0 ? "" : ",") + ("{\"name\": \"n" + std::to_string(i) + "\"}");
  }
  text += "]}";
  Node root;
  mesh::Diagnostics diagnostics;
  std::size_t count = 0;
  // The limit is one of an item, not of the list.
  ASSERT_TRUE(parse(text, kSource, {500, 100}, root, diagnostics, [&](Node item) {
    EXPECT_EQ(item.find("name")->text, "n" + std::to_string(count++));
  }));
  EXPECT_EQ(count, 1000u);
  EXPECT_TRUE(root.find("items")->items.empty());
}

}  // namespace
}  // namespace config
