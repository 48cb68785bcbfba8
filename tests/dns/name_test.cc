#include "dns/name.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

std::string repeated(const std::string& text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

TEST(NameTest, Parse) {
  const struct {
    const char* why;
    std::string text;
    std::string result;  // presentation format, or the error
  } kCases[] = {
      {"every name is absolute", "web.mesh", "web.mesh."},
      {"with the final dot or without", "web.mesh.", "web.mesh."},
      {"letters are lowered (RFC 4343)", "WEB.Mesh", "web.mesh."},
      {"the root", ".", "."},
      {"an escaped dot is no separator (RFC 1035, 5.1)", "a\\.b.mesh", "a\\.b.mesh."},
      {"an octet by its number", "a\\046b.mesh", "a\\.b.mesh."},
      {"an octet that can't be printed", "\\000.mesh", "\\000.mesh."},
      {"underscores are for services", "_http._tcp.web.mesh", "_http._tcp.web.mesh."},
      {"a label of 63 octets", std::string(63, 'a') + ".mesh", std::string(63, 'a') + ".mesh."},
      {"nothing", "", "error"},
      {"a dot in front", ".mesh", "error"},
      {"two dots", "web..mesh", "error"},
      {"a label of 64 octets", std::string(64, 'a') + ".mesh", "error"},
      {"255 octets in wire format", repeated("a.", 127), repeated("a.", 127)},
      {"256 are too many", repeated("a.", 126) + "bb.", "error"},
      {"an escape of nothing", "web\\", "error"},
      {"an escape above 255", "\\256.mesh", "error"},
      {"an escape of two digits", "\\25.mesh", "error"},
  };
  for (const auto& row : kCases) {
    const auto name = Name::parse(row.text);
    EXPECT_EQ(name ? name->to_string() : "error", row.result) << row.why;
  }
}

TEST(NameTest, ErrorsSayWhat) {
  EXPECT_EQ(Name::parse("").error(), NameError::Empty);
  EXPECT_EQ(Name::parse("a..b").error(), NameError::EmptyLabel);
  EXPECT_EQ(Name::parse(std::string(64, 'a')).error(), NameError::LabelTooLong);
  EXPECT_EQ(Name::parse(repeated("a.", 128)).error(), NameError::NameTooLong);
  EXPECT_EQ(Name::parse("\\x")->to_string(), "x.");
  EXPECT_EQ(Name::parse("\\999").error(), NameError::BadEscape);
  for (const auto error : {NameError::Empty, NameError::EmptyLabel, NameError::LabelTooLong,
                           NameError::NameTooLong, NameError::BadEscape}) {
    EXPECT_FALSE(to_string(error).empty());
  }
}

TEST(NameTest, IsWithinComparesWholeLabels) {
  const struct {
    const char* name;
    const char* zone;
    bool within;
  } kCases[] = {
      {"mesh", "mesh", true},
      {"web.mesh", "mesh", true},
      {"a.b.mesh", "mesh", true},
      {"web.mesh", ".", true},
      {".", ".", true},
      {"webmesh", "mesh", false},
      {"mesh", "web.mesh", false},
      {"a\\.mesh", "mesh", false},
      {"xweb.mesh", "web.mesh", false},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(Name::parse(row.name)->is_within(*Name::parse(row.zone)), row.within)
        << row.name << " in " << row.zone;
  }
}

TEST(NameTest, ParentLabelsAndWire) {
  const Name name = *Name::parse("Web.Mesh");
  EXPECT_EQ(name.wire(), std::string_view("\3web\4mesh\0", 10));
  EXPECT_EQ(name.labels(), 2u);
  EXPECT_EQ(name.parent().to_string(), "mesh.");
  EXPECT_TRUE(name.parent().parent().is_root());
  EXPECT_EQ(Name::from_wire(name.wire()), name);
  EXPECT_EQ(Name().labels(), 0u);
}

}  // namespace
}  // namespace dns
