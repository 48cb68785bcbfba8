#include "config/units.h"

#include <charconv>
#include <limits>

namespace config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t value;
};
constexpr Unit kDurations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizes[] = {
    {"", 1}, {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

std::optional<std::uint64_t> parse_with_unit(std::string_view text, const auto& units) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (value > std::numeric_limits<std::uint64_t>::max() / unit.value) return std::nullopt;
    return value * unit.value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  return parse_with_unit(text, kDurations);
}
std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizes);
}

std::string duration_text(std::uint64_t ms) {
  for (const Unit& unit : {kDurations[4], kDurations[3], kDurations[2], kDurations[1]}) {
    if (ms >= unit.value && ms % unit.value == 0) {
      return std::to_string(ms / unit.value) + std::string(unit.name);
    }
  }
  return std::to_string(ms) + "ms";
}

std::string size_text(std::uint64_t bytes) {
  for (const Unit& unit : {kSizes[4], kSizes[3], kSizes[2]}) {
    if (bytes >= unit.value && bytes % unit.value == 0) {
      return std::to_string(bytes / unit.value) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

}  // namespace config
