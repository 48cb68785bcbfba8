// Prints the resources with their computed status, or the names as a hosts file or a zone file.
//
// The output is a function of the build: the same input prints the same bytes.
#pragma once

#include <cstdint>
#include <ostream>

#include "config/settings.h"
#include "mesh/diagnostic.h"
#include "pipeline/build.h"

namespace cli {

enum class Format : std::uint8_t {
  Yaml,   // documents that can be loaded again
  Json,   // one object: items and diagnostics
  Hosts,  // lines of /etc/hosts
  Zone,   // zone files (RFC 1035, 5)
};

void render(const pipeline::Build& build, const config::Settings& settings,
            const mesh::Diagnostics& diagnostics, Format format, std::ostream& out);

// {"diagnostics":[...]} as `render -o json` has it, for `validate -o json`.
void render_diagnostics(const mesh::Diagnostics& diagnostics, std::ostream& out);

}  // namespace cli
