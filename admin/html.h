// Writes HTML of which no part is by chance markup: what the program itself wrote is one type,
// all else is escaped.
//
// A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace admin {

// Markup that stands in the source. It can be made at compile time only, so that nothing that was
// read from a file or a request is ever taken for it.
class Markup {
 public:
  // Implicit, so that a literal can be passed where markup is expected.
  consteval Markup(const char* literal) : text_(literal) {}
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  Html& raw(Markup markup);
  // Escaped for elements and for quoted attributes alike. What is not UTF-8, and what HTML doesn't
  // allow (control characters), becomes U+FFFD.
  Html& text(std::string_view text);
  Html& number(std::uint64_t value);  // "1,234,567"

  const std::string& html() const { return html_; }
  std::string take() { return std::move(html_); }

 private:
  std::string html_;
};

std::string grouped(std::uint64_t value);  // "1,234,567"

}  // namespace admin
