// The page for people at `/` of the admin server: whether the instance is ready and what is wrong
// with it, pools, upstreams, cache and counters, and every service.
//
// A pure function of values. The page stands alone: its style and its script are in it, nothing
// else is loaded, and without the script it lacks only that its numbers move.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/status.h"
#include "http/server.h"
#include "pipeline/build.h"

namespace admin {

// Whose story is asked for; "" if none is.
std::string_view asked_story(const http::Target& target);

// The target's query: `q`, what to search for; `page`, of the services found; `explain`, a name, an
// address or KIND/NAME whose story is told. `story`: that story, if there is one.
http::Page front_page(const http::Target& target, const Status& status,
                      const pipeline::Build& build, const std::optional<std::string>& story);

}  // namespace admin
