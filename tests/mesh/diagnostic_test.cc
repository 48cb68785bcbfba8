#include "mesh/diagnostic.h"

#include <gtest/gtest.h>

namespace mesh {
namespace {

Position at(const char* file, std::uint32_t line, std::uint32_t column) {
  return {std::make_shared<const std::string>(file), line, column};
}

TEST(DiagnosticTest, Text) {
  const struct {
    const char* why;
    Diagnostic diagnostic;
    const char* text;
  } kCases[] = {
      {"everything",
       {Severity::Error, at("a.yaml", 3, 5), "spec.template", "is wrong"},
       "a.yaml:3:5: error: spec.template: is wrong"},
      {"no field",
       {Severity::Warning, at("a.yaml", 3, 5), "", "is odd"},
       "a.yaml:3:5: warning: is odd"},
      {"a whole file",
       {Severity::Notice, at("a.yaml", 0, 0), "", "is skipped"},
       "a.yaml: notice: is skipped"},
      {"a message with a line break is one line",
       {Severity::Error, {}, "name", "\"a\nb\tc\" is no name"},
       "error: name: \"a\\nb c\" is no name"},
      {"no file", {Severity::Error, {}, "", "is wrong"}, "error: is wrong"},
  };
  for (const auto& row : kCases) EXPECT_EQ(to_string(row.diagnostic), row.text) << row.why;
}

TEST(DiagnosticTest, SortedAsRead) {
  Diagnostics diagnostics = {{Severity::Error, at("b", 1, 1), "", "4"},
                             {Severity::Error, at("a", 10, 1), "", "3"},
                             {Severity::Error, at("a", 2, 9), "", "2"},
                             {Severity::Error, at("a", 2, 1), "", "1"},
                             {Severity::Warning, {}, "", "0"}};
  sort(diagnostics);
  std::string order;
  for (const Diagnostic& diagnostic : diagnostics) order += diagnostic.message;
  EXPECT_EQ(order, "01234");
}

TEST(DiagnosticTest, OnlyErrorsAreErrors) {
  EXPECT_FALSE(has_errors({}));
  EXPECT_FALSE(has_errors({{Severity::Warning, {}, "", ""}, {Severity::Notice, {}, "", ""}}));
  EXPECT_TRUE(has_errors({{Severity::Warning, {}, "", ""}, {Severity::Error, {}, "", ""}}));
}

}  // namespace
}  // namespace mesh
