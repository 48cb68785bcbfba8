// RFC 3339 → ns since 1970.
//
// A pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace config {

// "2026-03-01T10:00:00Z", with a fraction or an offset if need be. Nothing if it is no time, or out
// of the reach of 64 bits of ns.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace config
