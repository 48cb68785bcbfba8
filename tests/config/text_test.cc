#include "config/text.h"

#include <gtest/gtest.h>

namespace config {
namespace {

TEST(TextTest, BadText) {
  const struct {
    const char* why;
    std::string text;
    const char* found;  // "line:column what", or ""
  } kCases[] = {
      {"plain text", "a: b\n\tc\r\n", ""},
      {"UTF-8", "a: \xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\n", ""},
      {"NUL", std::string("a: b\nc: \0", 9), "2:4 NUL"},
      {"an escape", "\x1b[0m", "1:1 0x1b"},
      {"DEL", "ab\x7f", "1:3 0x7f"},
      {"a lone continuation", "a\x80", "1:2 0x80"},
      {"Latin-1", "caf\xe9 x", "1:4 UTF-8"},
      {"cut at the end", "a\xc3", "1:2 0xc3"},
      {"overlong", "\xc0\xaf", "1:1 0xc0"},
      {"overlong in three", "\xe0\x80\xaf", "1:1 0xe0"},
      {"a surrogate", "\xed\xa0\x80", "1:1 0xed"},
      {"above U+10FFFF", "\xf4\x90\x80\x80", "1:1 0xf4"},
  };
  for (const auto& row : kCases) {
    const auto bad = find_bad_text(row.text);
    const std::string text =
        bad ? std::to_string(bad->line) + ':' + std::to_string(bad->column) + ' ' + bad->what : "";
    if (std::string_view(row.found).empty()) {
      EXPECT_EQ(text, "") << row.why;
      continue;
    }
    const std::string expected = row.found;
    const auto blank = expected.find(' ');
    EXPECT_TRUE(text.starts_with(expected.substr(0, blank + 1))) << row.why << ": " << text;
    EXPECT_NE(text.find(expected.substr(blank + 1)), std::string::npos) << row.why << ": " << text;
  }
}

TEST(TextTest, Split) {
  const struct {
    const char* why;
    const char* text;
    std::vector<std::uint32_t> lines;  // where each document begins
  } kCases[] = {
      {"nothing", "", {}},
      {"comments alone", "# a\n\n  # b\n", {}},
      {"one", "a: 1\n", {1}},
      {"two", "a: 1\n---\nb: 2\n", {1, 3}},
      {"a marker in front", "---\na: 1\n", {2}},
      {"empty ones are left out", "---\n---\n# x\n---\na: 1\n---\n", {5}},
      {"content behind the marker", "--- {a: 1}\n--- {b: 2}\n", {1, 2}},
      {"an end marker", "a: 1\n...\n# between\nb: 1\n", {1, 3}},
      {"four dashes are text", "----\n", {1}},
      {"dashes within a line are text", "a: ---\n ---\n", {1}},
      {"directives belong to what follows", "%YAML 1.2\n---\na: 1\n", {1}},
      {"a byte order mark",
       "\xef\xbb\xbf"
       "a: 1\n",
       {1}},
      {"CRLF", "a: 1\r\n---\r\nb: 1\r\n", {1, 3}},
      {"a percent sign behind a marker is no directive", "---\n%a: 1\n", {1}},
      {"no line break at the end", "a: 1\n---\nb: 2", {1, 3}},
      {"a marker ends a block scalar too", "a: |\n  x\n---\nb: 1\n", {1, 4}},
  };
  for (const auto& row : kCases) {
    std::vector<std::uint32_t> lines;
    for (const DocumentText& document : split(row.text)) lines.push_back(document.line);
    EXPECT_EQ(lines, row.lines) << row.why;
  }
}

TEST(TextTest, Nearest) {
  constexpr std::string_view kKnown[] = {"selector", "ports", "appProtocol", "port"};
  EXPECT_EQ(nearest("appProtokol", kKnown), "appProtocol");
  EXPECT_EQ(nearest("selektor", kKnown), "selector");
  EXPECT_EQ(nearest("prots", kKnown), "ports");
  EXPECT_EQ(nearest("completely", kKnown), "");
  EXPECT_EQ(nearest("ab", kKnown), "");
  EXPECT_EQ(nearest(std::string(100, 'a'), kKnown), "");
}

}  // namespace
}  // namespace config
