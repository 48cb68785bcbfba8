// The resource files as a source: read at the start, and again as they change.
//
// Owned by one thread, the one that runs `io`, and gone before `io` is; it delivers on that thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/loader.h"
#include "config/settings.h"
#include "config/watcher.h"
#include "pipeline/source.h"

namespace files {

class Files : public pipeline::Source {
 public:
  Files(boost::asio::io_context& io, std::vector<std::string> paths,
        config::LoaderSettings settings, pipeline::Deliver deliver);
  ~Files() override;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void start() override;
  void refresh() override;

 private:
  void read_all(const char* why);
  void adopt(config::Load load);
  void deliver(config::Load load);
  pipeline::SourceState state(const config::Load& load) const;
  void wait();
  void debounce();
  void read_changed();

  const std::vector<std::string> paths_;
  const pipeline::Deliver deliver_;
  config::Loader loader_;
  config::Watcher watcher_;
  boost::asio::posix::stream_descriptor watched_;  // the watcher's
  boost::asio::steady_timer debounce_;
  config::Changes changes_;  // since they were read
  std::chrono::steady_clock::time_point first_change_;
  std::set<std::string> unwatched_;  // reasons that were told
};

// Makes the source of these paths, on the thread that runs the io_context.
std::function<std::unique_ptr<pipeline::Source>(boost::asio::io_context&, pipeline::Deliver)>
source(const config::Settings& settings, std::vector<std::string> paths);

}  // namespace files
