#include "mesh/change.h"

#include <gtest/gtest.h>

namespace mesh {
namespace {

std::shared_ptr<const Service> service(std::string name, std::string mesh = "default") {
  auto made = std::make_shared<Service>();
  made->meta.name = std::move(name);
  made->meta.mesh = std::move(mesh);
  return made;
}

std::string text(const Changes& changes) {
  std::string text;
  for (const auto& [before, after] : changes.services) {
    text += std::string(before ? "-" : "") + (after ? "+" : "") +
            (after ? after : before)->meta.name + ' ';
  }
  return text;
}

TEST(Changes, LeadFromOneStateToTheOther) {
  const auto a = service("a");
  const auto b = service("b");
  const auto b2 = service("b");
  const auto c = service("c");
  const auto other = service("a", "other");
  const struct {
    const char* rule;
    std::vector<std::shared_ptr<const Service>> before;
    std::vector<std::shared_ptr<const Service>> after;
    const char* changes;
  } kCases[] = {
      {"nothing changes", {a, b}, {a, b}, ""},
      {"added to none", {}, {a, b}, "+a +b "},
      {"all removed", {a, b}, {}, "-a -b "},
      {"replaced: the same identity, another value", {a, b, c}, {a, b2, c}, "-+b "},
      {"added between", {a, c}, {a, b, c}, "+b "},
      {"removed at the end", {a, b, c}, {a, b}, "-c "},
      {"the mesh is part of the identity", {a}, {other}, "-a +a "},
  };
  for (const auto& row : kCases) {
    const Resources before{row.before, {}, {}};
    const Resources after{row.after, {}, {}};
    const Changes changes = difference(before, after);
    EXPECT_EQ(text(changes), row.changes) << row.rule;
    EXPECT_EQ(applied(before, changes).services, after.services) << row.rule;
  }
}

Diagnostic diagnostic(Severity severity, std::uint32_t line, std::string message) {
  static const auto kFile = std::make_shared<const std::string>("a.yaml");
  return {severity, {kFile, line, 1}, "", std::move(message)};
}

std::string text(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics) text += each.message + ' ';
  return text;
}

TEST(DiagnosticSet, KeepsTheOrderOfReadingAndCounts) {
  DiagnosticSet set;
  DiagnosticChanges first{
      {},
      {diagnostic(Severity::Warning, 7, "c"), diagnostic(Severity::Error, 1, "a"),
       diagnostic(Severity::Error, 1, "a"), diagnostic(Severity::Notice, 3, "b")}};
  set.apply(first);
  EXPECT_EQ(text(set.first()), "a a b c ");
  EXPECT_EQ(text(set.first(3)), "a a b ");
  EXPECT_EQ(set.count(Severity::Error), 2u);

  DiagnosticChanges second{
      {diagnostic(Severity::Error, 1, "a"), diagnostic(Severity::Notice, 3, "b")},
      {diagnostic(Severity::Notice, 3, "b"), diagnostic(Severity::Error, 2, "d")}};
  set.apply(second);
  EXPECT_EQ(text(set.first()), "a d b c ");
  EXPECT_EQ(set.count(Severity::Error), 2u);
  EXPECT_EQ(set.count(Severity::Notice), 1u);
  // What is in both lists is no change.
  EXPECT_EQ(text(second.removed), "a ");
  EXPECT_EQ(text(second.added), "d ");
}

}  // namespace
}  // namespace mesh
