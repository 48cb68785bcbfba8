// The last good table of the state file beside the build: what a first build changes of it, and
// what it is to hold after each one.
#pragma once

#include <set>
#include <string>

#include "pipeline/last_table.h"
#include "pipeline/pipeline.h"

namespace pipeline {

// Turns the first update of a pipeline, in which every name is added, into what leads from the
// names of `last` to the same state.
void reconcile(const LastNames& last, Update& update);

// Has the state file hold what `pipeline` serves under these hostnames. Throws state::Error.
void store(const Pipeline& pipeline, const std::set<std::string>& hostnames, LastTable& table);

}  // namespace pipeline
