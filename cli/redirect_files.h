// The parts of `mesh-dns redirect` that write files: a resolv.conf, or a drop-in of
// systemd-resolved. Internal to redirect.
#pragma once

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/redirect_plan.h"
#include "config/settings.h"

namespace cli {

// Prints the reasons. False if there are errors, or risks and nobody forces it.
bool may_go_on(const Reasons& reasons, const RedirectOptions& options, Streams streams);

int install_resolv_conf(const CommandLine& line, const config::Settings& settings, Streams streams);
int install_drop_in(const CommandLine& line, const config::Settings& settings, Streams streams);

// Puts back and deletes what the two above wrote, if anything.
void remove_files(const RedirectOptions& options, Streams streams);
void show_files(std::ostream& out);

}  // namespace cli
