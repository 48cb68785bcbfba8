// The resource files as a source: read at the start, and again as they change.
//
// Owned by one thread, the one that runs `io`, and gone before `io` is. Calls back on that thread.
// Internal to the folder: it includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "config/loader.h"
#include "config/watcher.h"

namespace files {

class Files {
 public:
  // `read` is called whenever they were read, though nothing may be new in them.
  Files(boost::asio::io_context& io, std::vector<std::string> paths,
        config::LoaderSettings settings, std::function<void()> read);
  ~Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  // Reads them, and follows them from then on.
  void start();
  // Looks at every file, whatever is known of changes.
  void read_all(const char* why);

  const std::vector<std::string>& paths() const { return paths_; }
  // What they had when they were read last; nothing before start().
  const config::Load& load() const { return load_; }

 private:
  void adopt(config::Load load);
  config::Load watch(config::Load load);
  void wait();
  void debounce();
  void read_changed();

  const std::vector<std::string> paths_;
  const std::function<void()> read_;
  config::Loader loader_;
  config::Watcher watcher_;
  boost::asio::posix::stream_descriptor watched_;  // the watcher's
  boost::asio::steady_timer debounce_;
  config::Changes changes_;  // since they were read
  std::chrono::steady_clock::time_point first_change_;
  std::set<std::string> unwatched_;  // reasons that were told
  config::Load load_;
};

}  // namespace files
