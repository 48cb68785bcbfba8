// Durations and sizes as text.
//
// Pure functions. Internal to the folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace config {

// "1500ms", "30s", "5m", "12h", "7d" → ms
std::optional<std::uint64_t> parse_duration(std::string_view text);
// "16MiB", "64KiB", "1GiB", "4096" → bytes
std::optional<std::uint64_t> parse_size(std::string_view text);

// The other way round, in the largest unit that fits.
std::string duration_text(std::uint64_t ms);
std::string size_text(std::uint64_t bytes);

}  // namespace config
