#include "app/files.h"

#include <algorithm>
#include <utility>

#include "app/log.h"

namespace app {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Files are read when nothing has changed for kQuiet, so that a deployment of many is one reload;
// but no longer than kPatience after the first change.
constexpr auto kQuiet = 10ms;
constexpr auto kPatience = 100ms;

}  // namespace

Files::Files(asio::io_context& io, std::vector<std::string> paths, config::LoaderSettings settings,
             std::function<void()> read)
    : paths_(std::move(paths)),
      read_(std::move(read)),
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
  log::info("looking at every file", {{"reason", why}});
  adopt(loader_.load());
}

void Files::adopt(config::Load load) {
  load_ = watch(std::move(load));
  read_();
}

// Watches what was read. A change between the reading of a folder and its first watch would be seen
// by nobody, so new folders are looked at once more.
config::Load Files::watch(config::Load load) {
  for (;;) {
    const config::Watched watched = watcher_.watch(loader_.directories());
    for (const std::string& reason : watched.failed) {
      if (unwatched_.insert(reason).second) {
        log::error("changes there are only seen on SIGHUP", {{"reason", reason}});
      }
    }
    if (watched.added.empty()) break;
    const std::size_t parsed = load.parsed;
    load = loader_.reload(watched.added);
    load.parsed += parsed;
  }
  loader_.complete(load);
  return load;
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

}  // namespace app
