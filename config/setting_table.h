// All settings: the path of each, what is said of it, and how its value is decoded.
//
// Constant. Internal to the folder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/decode.h"
#include "config/settings.h"

namespace config {

struct Setting {
  SettingInfo info;
  void (*set)(Decoder& decoder, const Node& node, const Path& path, Settings& settings);
};

// In the order of the documentation.
std::span<const Setting> all_settings();

// The one of this path, as "dns.ttl"; null if there is none.
const Setting* find_setting(std::string_view path);
// Whether there are settings below it, as below "dns".
bool is_section(const std::string& path);
// The names that are allowed directly below `section`.
std::vector<std::string_view> names_below(const std::string& section);

}  // namespace config
