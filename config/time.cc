#include "config/time.h"

#include <charconv>
#include <chrono>

namespace config {
namespace {

// Reads exactly `count` digits off the front.
bool take_number(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc() || end != text.data() + count || text.front() == '-') return false;
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// The digits behind a second's dot, in ns.
bool take_fraction(std::string_view& text, std::int64_t& ns) {
  std::int64_t unit = 1'000'000'000;
  bool any = false;
  for (int digit = 0; take_number(text, 1, digit); any = true) {
    unit /= 10;
    ns += digit * unit;
  }
  return any;
}

// "Z" or "+02:00", in seconds east.
bool take_offset(std::string_view& text, std::int64_t& seconds) {
  if (take(text, "Zz")) return true;
  const bool west = text.starts_with('-');
  int hours = 0;
  int minutes = 0;
  if (!take(text, "+-") || !take_number(text, 2, hours) || !take(text, ":") ||
      !take_number(text, 2, minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  seconds = (hours * 60L + minutes) * 60 * (west ? -1 : 1);
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t ns = 0;
  std::int64_t east = 0;
  if (!take_number(text, 4, year) || !take(text, "-") || !take_number(text, 2, month) ||
      !take(text, "-") || !take_number(text, 2, day) || !take(text, "Tt ") ||
      !take_number(text, 2, hour) || !take(text, ":") || !take_number(text, 2, minute) ||
      !take(text, ":") || !take_number(text, 2, second)) {
    return std::nullopt;
  }
  if (take(text, ".") && !take_fraction(text, ns)) return std::nullopt;
  if (!take_offset(text, east) || !text.empty()) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  // 1678 to 2261 are the years that 64 bits of ns reach.
  if (!date.ok() || year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const auto days = sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24LL + hour) * 60 + minute) * 60 + second - east;
  return seconds * 1'000'000'000 + ns;
}

}  // namespace config
