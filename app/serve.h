// Serves DNS until a signal says otherwise: the state file, the server, the sources and the
// reloads.
//
// All but the server's workers runs on the calling thread.
#pragma once

#include "config/settings.h"
#include "mesh/diagnostic.h"

namespace app {

struct ServeOptions {
  bool renumber = false;     // move VIPs out of pools that are no more, once, with the first table
  bool reset_state = false;  // set a state file that can't be used aside
};

// Returns the exit status once SIGTERM or SIGINT came. Throws what keeps it from starting:
// state::Error, dns::BindError, and std::runtime_error for resources that aren't there.
int serve(const config::Settings& settings, ServeOptions options);

}  // namespace app
