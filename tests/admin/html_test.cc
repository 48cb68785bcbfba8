#include "admin/html.h"

#include <gtest/gtest.h>

namespace admin {
namespace {

TEST(HtmlTest, NothingThatIsReadBecomesMarkup) {
  const struct {
    const char* why;
    std::string text;
    const char* html;
  } kCases[] = {
      {"plain", "redis.svc.mesh.local", "redis.svc.mesh.local"},
      {"an element", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
      {"the end of an attribute", "\" onfocus='x'", "&quot; onfocus=&#39;x&#39;"},
      {"an entity", "&lt;&amp;", "&amp;lt;&amp;amp;"},
      {"lines and tabs", "a\n\tb", "a\n\tb"},
      {"UTF-8 of every length", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
       "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"NUL and controls", std::string("a\0\x1b\x7f", 4), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"a control above ASCII", "\xc2\x85", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"not UTF-8", "\xff", "\xef\xbf\xbd"},
      {"cut off, and what follows stays", "\xe2\x82<b>", "\xef\xbf\xbd\xef\xbf\xbd&lt;b&gt;"},
      {"overlong '<' (RFC 3629, 3)", "\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"overlong in three octets", "\xe0\x80\xbc", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"half of a surrogate pair", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"beyond U+10FFFF", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
  };
  for (const auto& row : kCases) EXPECT_EQ(Html().text(row.text).html(), row.html) << row.why;
}

TEST(HtmlTest, MarkupIsAsItStands) {
  EXPECT_EQ(Html().raw("<b>").text("<").raw("</b>").take(), "<b>&lt;</b>");
  // Only what is known when the program is compiled is markup.
  static_assert(!std::is_convertible_v<std::string, Markup>);
  static_assert(!std::is_convertible_v<std::string_view, Markup>);
}

TEST(HtmlTest, Numbers) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

}  // namespace
}  // namespace admin
