#include "app/log.h"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(LogTest, OneMessageIsOneLine) {
  EXPECT_EQ(log::text_payload("ready", {{"names", "3"}, {"before", ""}}),
            "ready names=3 before=\"\"");
  EXPECT_EQ(log::text_payload("x", {{"path", "a b"}, {"quote", "a\"b"}}),
            "x path=\"a b\" quote=\"a\\\"b\"");
  EXPECT_EQ(log::text_payload("x", {{"v", "a\nb"}}), "x v=\"a\\nb\"");
  EXPECT_EQ(log::json_payload("a \"b\"\n", {{"k", "\x01"}}),
            "\"message\":\"a \\\"b\\\"\\n\",\"k\":\"\\u0001\"");
}

}  // namespace
}  // namespace app
