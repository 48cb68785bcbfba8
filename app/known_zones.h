// Which DNS zones are known to be ours before any source was followed, so that no query for a name
// of theirs is ever forwarded, not even the first.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace app {

struct KnownZones {
  std::vector<std::string> zones;
  // Nothing else will be: all generators are in files. A cluster may have more.
  bool all = false;
};

// Of `dns.zones`; without it, of Kuma's default generators, and of the generators in the resource
// files, which are read ahead of all other resources.
KnownZones known_zones(const config::Settings& settings, const std::vector<std::string>& paths);

}  // namespace app
