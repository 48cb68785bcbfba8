// What the admin server answers: pages made of a status and a build. Pure, but for /metrics, which
// tells what the kernel says of this process.
//
//   /          a page for people
//   /healthz   200 as long as the process runs its main loop
//   /readyz    200 once names are answered from a table, 503 with the reason before that
//   /status    everything that the instance knows of itself, as JSON
//   /metrics   Prometheus' text format, version 0.0.4
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "admin/status.h"
#include "config/settings.h"
#include "http/server.h"
#include "pipeline/build.h"

namespace admin {

// Whether the answer is made of the whole build, or may be long: then it is to be made on a thread
// that nothing else waits for.
bool is_long(const http::Target& target);

// All but `/`. `status` is called by the pages that are made of it.
http::Page admin_page(const http::Target& target, const std::function<Status()>& status);

// As explain(), of the build that the page shows.
using Explain = std::function<std::optional<std::string>(std::string_view)>;
// The page at `/`.
http::Page people_page(const http::Target& target, const Status& status,
                       const pipeline::Build& build, const Explain& explain);

// What the settings say, as the server takes it.
http::Listen listen_of(const config::Admin& admin);

}  // namespace admin
