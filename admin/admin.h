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

// What pages are made of. Making either costs something, so that only a page that needs it asks.
struct Knowledge {
  std::function<Status()> status;
  std::function<const pipeline::Build&()> build;  // that the table is from; valid during the call
  std::function<std::optional<std::string>(std::string_view)> explain;  // as explain()
};

http::Page admin_page(const http::Target& target, const Knowledge& knowledge);

// What the settings say, as the server takes it.
http::Listen listen_of(const config::Admin& admin);

}  // namespace admin
