#include "logging/log.h"

#include <gtest/gtest.h>

namespace logging {
namespace {

TEST(LogTest, OneMessageIsOneLine) {
  EXPECT_EQ(logging::text_payload("ready", {{"names", "3"}, {"before", ""}}),
            "ready names=3 before=\"\"");
  EXPECT_EQ(logging::text_payload("x", {{"path", "a b"}, {"quote", "a\"b"}}),
            "x path=\"a b\" quote=\"a\\\"b\"");
  EXPECT_EQ(logging::text_payload("x", {{"v", "a\nb"}}), "x v=\"a\\nb\"");
  EXPECT_EQ(logging::json_payload("a \"b\"\n", {{"k", "\x01"}}),
            "\"message\":\"a \\\"b\\\"\\n\",\"k\":\"\\u0001\"");
}

}  // namespace
}  // namespace logging
