#include <gtest/gtest.h>

#include "hostname/generator.h"

namespace hostname {
namespace {

TEST(HostnameRulesTest, WhatCanBeAHostname) {
  const std::string label63(63, 'a');
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');
  const struct {
    const char* why;
    std::string text;
    const char* message;  // a part of it; "" when it is valid
  } kCases[] = {
      {"a name", "redis.svc.mesh.local", ""},
      {"one label", "redis", ""},
      {"digits and hyphens", "1-2--3.m3sh", ""},
      {"63 characters in a label", label63 + ".mesh", ""},
      {"253 characters in all", name253, ""},
      {"254 are too many", name253 + "a", "254 characters"},
      {"64 in a label are too many", std::string(64, 'a') + ".mesh", "64 characters"},
      {"nothing", "", "empty"},
      {"an empty label", "a..b", "label 2"},
      {"a leading dot", ".mesh", "label 1"},
      {"a trailing dot", "a.mesh.", "ends with a dot"},
      {"upper case", "Redis.mesh", "'R'"},
      {"an underscore", "a.b_c.mesh", "label 2 (\"b_c\") has '_'"},
      {"a hyphen in front", "-a.mesh", "'-'"},
      {"a hyphen behind", "a-.mesh", "'-'"},
      {"a blank in front", " a.mesh", "{{-"},
      {"a line break behind, as of a YAML block", "a.mesh\n", "{{-"},
      {"a blank inside", "a b.mesh", "0x20"},
      {"other letters", "\xc3\xbc.mesh", "0xc3"},
      {"an address", "1.2.3.4", "is a number"},
      {"a number in front is fine", "1.2.mesh", ""},
      {"a star", "*.mesh", "'*'"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    const auto why = why_not_a_hostname(row.text);
    EXPECT_EQ(why.has_value(), *row.message != '\0') << why.value_or("");
    EXPECT_NE(why.value_or("").find(row.message), std::string::npos) << why.value_or("");
  }
}

TEST(HostnameRulesTest, PrivateSuffixes) {
  for (const char* name : {"a.mesh", "a.b.local", "a.home.arpa", "x.internal", "y.test"}) {
    EXPECT_TRUE(is_under_private_suffix(name)) << name;
  }
  for (const char* name : {"mesh", "google.com", "amesh", "a.xlocal", "home.arpa", "a.arpa"}) {
    EXPECT_FALSE(is_under_private_suffix(name)) << name;
  }
}

}  // namespace
}  // namespace hostname
