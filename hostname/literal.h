// Go's literals: numbers, characters and strings. Internal to the folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hostname/lexer.h"
#include "hostname/value.h"

namespace hostname {

// The value of a Number, Character, String or RawString. Throws TemplateError.
Value parse_literal(const Token& token);

// Appends the code point in UTF-8; U+FFFD where it is none.
void append_rune(std::string& out, std::int64_t rune);

// The length in bytes of the UTF-8 sequence that `text` begins with. REQUIRES: valid, not empty.
std::size_t rune_size(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace hostname
