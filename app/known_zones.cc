#include "app/known_zones.h"

#include <algorithm>

#include "config/loader.h"
#include "hostname/generator.h"
#include "pipeline/build.h"

namespace app {

KnownZones known_zones(const config::Settings& settings, const std::vector<std::string>& paths) {
  const bool standard_input = std::ranges::find(paths, "-") != paths.end();
  KnownZones known;
  known.all = settings.mode == config::Mode::Universal && !standard_input;
  mesh::Resources resources;
  resources.generators =
      config::Loader(paths, {settings.locality(), settings.limits, config::UnknownFields::Warn})
          .generators_first();
  if (!settings.skip_hostname_generators) {
    resources.generators =
        hostname::with_defaults(std::move(resources.generators), settings.locality().env);
  }
  known.zones = pipeline::dns_zones(
      hostname::generate(resources, settings.zone, settings.cluster_domain()).generators, settings);
  return known;
}

}  // namespace app
