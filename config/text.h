// Text as bytes: what YAML doesn't allow in it, where documents end, and how far two words differ.
//
// Pure functions. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct BadText {
  std::uint32_t line = 1;
  std::uint32_t column = 1;  // in bytes
  std::string what;
};

// The first byte that is no valid UTF-8, NUL or another control character, or nothing.
std::optional<BadText> find_bad_text(std::string_view text);

struct DocumentText {
  std::string_view text;   // without a marker "---" in front that stands alone
  std::uint32_t line = 1;  // its first in the file
};

// Cuts a file at its document markers, lines that begin with "---" or "...". A scan of lines is
// enough, since in YAML these end a document even inside a block or quoted scalar. What has nothing
// but comments in it is left out.
std::vector<DocumentText> split(std::string_view text);

// The one of `known` that was probably meant by `word`, or "": at most two letters differ.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

// ASCII letters in lower case.
std::string lowered(std::string text);

}  // namespace config
