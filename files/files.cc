#include "files/files.h"

#include <algorithm>
#include <utility>

#include "logging/log.h"

namespace files {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Files are read when nothing has changed for kQuiet, so that a deployment of many is one reload;
// but no longer than kPatience after the first change.
constexpr auto kQuiet = 2ms;
constexpr auto kPatience = 100ms;

}  // namespace

Files::Files(asio::io_context& io, std::vector<std::string> paths, config::LoaderSettings settings,
             pipeline::Deliver deliver)
    : paths_(std::move(paths)),
      deliver_(std::move(deliver)),
      loader_(paths_, std::move(settings)),
      watched_(io),
      debounce_(io) {}

Files::~Files() {
  if (watched_.is_open()) watched_.release();  // the watcher closes it
}

void Files::start() {
  adopt(loader_.load());
  watched_.assign(watcher_.fd());
  wait();
}

void Files::read_all(const char* why) {
  logging::info("looking at every file", {{"reason", why}});
  adopt(loader_.load());
}

void Files::refresh() {
  read_all("SIGHUP");
}

// Delivers what was read, and watches it. A change between the reading of a folder and its first
// watch would be seen by nobody, so new folders are looked at once more.
void Files::adopt(config::Load load) {
  std::size_t parsed = 0;
  for (;;) {
    parsed += load.parsed;
    load.parsed = parsed;
    deliver(std::move(load));
    const config::Watched watched = watcher_.watch(loader_.directories());
    for (const std::string& reason : watched.failed) {
      if (unwatched_.insert(reason).second) {
        logging::error("changes there are only seen on SIGHUP", {{"reason", reason}});
      }
    }
    if (watched.added.empty()) return;
    load = loader_.reload(watched.added);
  }
}

void Files::deliver(config::Load load) {
  pipeline::SourceState now = state(load);
  deliver_({std::move(load.changes), std::move(load.diagnostic_changes), std::move(now), true});
}

pipeline::SourceState Files::state(const config::Load& load) const {
  pipeline::SourceState state{.name = "files", .from = paths_, .complete = true};
  state.figures = {
      {"files", "Files of resources.", load.files},
      {"documents", "Documents in the files of resources.", load.documents},
      {"parsed", "Documents parsed at the last reading; the others had not changed.", load.parsed},
      {"kept", "Resources of broken files, which keep their last good version.", load.kept}};
  if (load.kept != 0) {
    const bool one = load.kept == 1;
    state.concerns.push_back({mesh::Severity::Warning,
                              std::to_string(load.kept) +
                                  (one ? " resource keeps its" : " resources keep their") +
                                  " last good version, since what is in the files now is broken."});
  }
  return state;
}

void Files::wait() {
  watched_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) return;
                        debounce();
                        wait();
                      });
}

void Files::debounce() {
  const config::Changes more = watcher_.changes();
  if (more.empty()) return;
  const auto time = std::chrono::steady_clock::now();
  if (changes_.empty()) first_change_ = time;
  changes_.everything = changes_.everything || more.everything;
  changes_.paths.insert(changes_.paths.end(), more.paths.begin(), more.paths.end());
  debounce_.expires_at(std::min(time + kQuiet, first_change_ + kPatience));
  debounce_.async_wait([this](const boost::system::error_code& error) {
    if (!error) read_changed();
  });
}

void Files::read_changed() {
  const config::Changes changes = std::exchange(changes_, {});
  if (changes.everything) return read_all("too many changes at once");
  config::Load load = loader_.reload(changes.paths);
  // The folder above is watched too, and much may happen there that is none of our business: a new
  // table for each of it would be a new serial, a line in the log and a "reload" that was none.
  if (load.looked) adopt(std::move(load));
}

std::function<std::unique_ptr<pipeline::Source>(asio::io_context&, pipeline::Deliver)> source(
    const config::Settings& settings, std::vector<std::string> paths) {
  const config::LoaderSettings with{settings.locality(), settings.limits,
                                    config::UnknownFields::Warn};
  return [with, paths = std::move(paths)](asio::io_context& io, pipeline::Deliver deliver) {
    return std::make_unique<Files>(io, paths, with, std::move(deliver));
  };
}

}  // namespace files
