#include "app/state_file.h"

#include <utility>

#include "logging/log.h"

namespace app {
namespace {

std::unique_ptr<state::File> open_file(const std::string& path, state::Open open) {
  // As a full disk, a copy that was cut off or a mount that is wrong leaves it. It is taken as new.
  if (state::is_empty_file(path)) {
    logging::warn(
        "the state file is empty, and is started anew: services get their VIPs anew; if there is a "
        "copy of it, put that in its place and start again",
        {{"state", path}});
  }
  return state::File::open(path, open, vip::verify_leases);
}

}  // namespace

StateFile::StateFile(const config::Settings& settings, state::Open open)
    : file_(open_file(settings.state, open)), leases_(*file_), table_(*file_, settings.mesh) {
  auto [names, problem] = table_.load();
  if (!problem.empty()) {
    logging::warn("the last good table is not used",
                  {{"reason", problem}, {"state", settings.state}});
  }
  if (!names) return;
  logging::info("serving the table of the state file until the resources are read",
                {{"names", std::to_string(names->size())}, {"state", settings.state}});
  last_ = std::move(names);
}

}  // namespace app
