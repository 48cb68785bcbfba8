// The build thread: sources deliver to it, it builds, stores what must be stored before it is
// served, and has the outputs publish.
//
// Sources, the pipeline, the state file and the outputs live on this thread, so that none of them
// needs a lock, and neither the disk nor a large change ever holds up the main thread. What other
// threads may know is a BuildState, which is copied under a mutex.
//
// Internal to the folder: it includes Asio.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "app/change_log.h"
#include "app/dns_output.h"
#include "app/state_file.h"
#include "config/settings.h"
#include "pipeline/output.h"
#include "pipeline/pipeline.h"
#include "pipeline/source.h"
#include "redirect/resolved.h"

namespace app {

// What is known of the builds at one moment.
struct BuildState {
  bool table = false;                    // names are answered from one
  bool confirmed = false;                // by the sources; else it is the state file's
  std::optional<pipeline::Time> behind;  // since when what is served may be out of date
  std::string waiting;                   // what keeps it from being up to date; "" if nothing does
  bool stored = true;                    // the state file has it, for the next start
  std::uint32_t serial = 0;
  std::size_t names = 0;
  std::uint64_t reloads = 0;
  std::uint64_t names_moved = 0;  // that passed from one service to another
  std::vector<pipeline::SourceState> sources;
  std::vector<pipeline::OutputState> outputs;
  pipeline::Summary summary;
};

// All that a page for people needs to build the whole again, on another thread.
struct Snapshot {
  mesh::Resources resources;
  vip::Ledger ledger;
  std::uint64_t number = 0;  // of the build
};

class Builder {
 public:
  struct SourceEntry {
    std::string name;
    std::function<std::unique_ptr<pipeline::Source>(boost::asio::io_context&, pipeline::Deliver)>
        make;
  };

  // `dns` publishes to a server that outlives the Builder.
  Builder(const config::Settings& settings, StateFile& state, DnsOutput& dns, bool renumber);
  // Joins the thread.
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  // Both before start(). Sources in order of precedence.
  void add(SourceEntry source);
  void add(std::unique_ptr<pipeline::Output> output);

  // `changed` is called on the build thread after each change of state(); `failed` when the thread
  // can't go on.
  void start(std::function<void()> changed, std::function<void(std::exception_ptr)> failed);
  void stop();  // joins the thread

  // These may be called on any thread.
  // `done` is called on the build thread once what was found is served.
  void refresh(std::function<void()> done);
  BuildState state() const;
  // `take` is called on the build thread.
  void snapshot(std::function<void(Snapshot)> take);

 private:
  void run(const std::function<void(std::exception_ptr)>& failed);
  void open();
  void take(std::size_t source, pipeline::Delivery delivery);
  void build_soon();
  void retry_later();
  void build();
  bool commit();
  void publish(pipeline::Update update);
  void save(const pipeline::Update& update);
  void log_problems();
  void log_update(bool first);
  void warn_local();
  void tell();

  const config::Settings& settings_;
  StateFile& state_file_;
  DnsOutput& dns_;
  const bool renumber_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  boost::asio::steady_timer soon_{io_};
  boost::asio::steady_timer retry_{io_};
  std::vector<SourceEntry> entries_;
  std::vector<std::unique_ptr<pipeline::Source>> sources_;
  std::vector<pipeline::SourceState> source_states_;  // of entries_
  std::vector<std::unique_ptr<pipeline::Output>> outputs_;
  std::optional<pipeline::Pipeline> pipeline_;  // once the leases are read
  ProblemLog problems_;
  mesh::Diagnostics local_;  // warnings of warn_local()
  const redirect::ResolvedHost resolved_host_ = redirect::resolved_host();
  std::set<std::string> unsaved_;  // hostnames whose last change the state file doesn't have
  bool saved_ = true;              // false: storing failed, and is tried again
  bool scheduled_ = false;
  bool large_ = false;      // the build that is made changed many names
  bool announced_ = false;  // by a delivery since the last build
  std::chrono::steady_clock::time_point rested_;
  std::uint64_t reloads_ = 0;
  std::uint64_t names_moved_ = 0;
  std::size_t vip_changes_ = 0;  // since the last line in the log
  std::uint64_t number_ = 0;     // of builds
  std::optional<pipeline::Time> uncommitted_since_;
  const pipeline::Time started_ = std::chrono::steady_clock::now();
  std::function<void()> changed_;
  std::vector<std::function<void()>> refreshed_;  // to be called after the next build

  mutable std::mutex mutex_;
  BuildState told_;
  std::thread thread_;
};

}  // namespace app
