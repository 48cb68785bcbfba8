// `mesh-dns redirect`: brings the DNS of this host to a mesh-dns that runs on it, and takes it away
// again. What it decides is in redirect_plan.h, what it writes in redirect/.
#pragma once

#include "cli/command_line.h"
#include "cli/commands.h"
#include "config/settings.h"

namespace cli {

int redirect(const CommandLine& line, const config::Settings& settings, Streams streams);

}  // namespace cli
