#include "app/serve.h"

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "app/admin.h"
#include "app/change_log.h"
#include "app/cluster.h"
#include "app/explain.h"
#include "app/files.h"
#include "app/forwarding.h"
#include "app/host.h"
#include "app/log.h"
#include "app/pipeline.h"
#include "app/query_observer.h"
#include "app/server_settings.h"
#include "app/systemd.h"
#include "app/table_in_use.h"
#include "app/upstreams.h"
#include "dns/server.h"
#include "http/server.h"
#include "kubernetes/source.h"
#include "redirect/resolved.h"

namespace app {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Until the store is tried again, or an address may have come out of quarantine.
constexpr auto kRetry = 5s;
// The first change in a cluster is served at once. After a table, changes are taken together for
// kTogether, and at least kRest times as long as it took, so that a busy cluster costs a part of a
// core only.
constexpr auto kTogether = 10ms;
constexpr int kRest = 4;
constexpr auto kViewKept = 10s;
constexpr std::uint32_t kDrain = 2000;  // ms, for TCP sessions to finish

// In a cluster the resources may all be the API server's.
std::vector<std::string> resource_paths(const config::Settings& settings) {
  const bool by_default = settings.resources == config::Settings().resources;
  if (settings.mode == config::Mode::Kubernetes && by_default &&
      !std::filesystem::exists(settings.resources.front())) {
    return {};
  }
  return settings.resources;
}

void require_resources(const config::Settings& settings) {
  for (const std::string& path : resource_paths(settings)) {
    if (path == "-" || std::filesystem::exists(path)) continue;
    throw std::runtime_error("resources: " + path +
                             " is not there: create it, or name another with --resources");
  }
}

// Each question to an upstream and each TCP connection has a descriptor, and the usual 1,024 are
// fewer than the defaults allow.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) log::warn("the limit of open files stays as it is");
}

// The signals that serve waits for, as a descriptor. They are blocked in this thread and in all
// that it makes later, so that no worker is ever interrupted by one, and no code runs in a signal
// handler. REQUIRES: no other thread runs.
int open_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  const int error = pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int fd = error == 0 ? signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC) : -1;
  if (fd < 0) {
    throw std::system_error(error != 0 ? error : errno, std::generic_category(), "signals");
  }
  return fd;
}

class Instance {
 public:
  // `cluster`: the one to follow, if any. `sockets`: those that the service manager has bound.
  Instance(const config::Settings& settings, ServeOptions options,
           std::optional<kubernetes::SourceSettings> cluster, std::vector<int> sockets)
      : settings_(settings),
        renumber_(options.renumber),
        cluster_(std::move(cluster)),
        table_(settings, options.reset_state ? vip::Open::ResetCorrupt : vip::Open::ReadWrite),
        observer_(settings, workers(settings)),
        server_(server_settings(settings, observer_, std::move(sockets), report()),
                table_.first_zone()),
        forwarding_(io_, settings, server_),
        files_(io_, resource_paths(settings),
               {settings.locality(), settings.limits, config::UnknownFields::Warn},
               [this] { rebuild(Because::Files); }) {}

  int run();

 private:
  UpstreamReport report();

  enum class Because : std::uint8_t { Files, Cluster, Time };
  mesh::Resources gather(mesh::Diagnostics& diagnostics) const;
  void rebuild(Because why);
  void publish(const Build& build);
  void retry_later();

  void follow_cluster();
  void cluster_changed();

  systemd::State state() const;
  std::string waiting() const;
  std::string status_line() const;
  void tell(systemd::State state);
  void keep_telling();

  void start_admin();
  Status status() const;
  const Build& view();

  void wait_for_signal();
  void take_signal(std::uint32_t signal);

  const config::Settings& settings_;
  bool renumber_;  // with the next table
  std::optional<kubernetes::SourceSettings> cluster_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor signals_{io_, open_signals()};  // before the first worker
  asio::steady_timer retry_{io_};
  asio::steady_timer cluster_timer_{io_};
  asio::steady_timer view_timer_{io_};
  asio::steady_timer alive_{io_};
  TableInUse table_;
  QueryObserver observer_;  // told by the workers: gone after them
  dns::Server server_;      // bound from here on
  Forwarding forwarding_;
  Files files_;
  std::unique_ptr<kubernetes::Source> source_;  // none in a universal zone
  std::string cluster_server_;
  bool cluster_changed_ = false;                  // since the last table
  std::chrono::steady_clock::time_point rested_;  // when the next table may be made
  ProblemLog problems_;
  const redirect::ResolvedHost resolved_host_ = redirect::resolved_host();
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Summary summary_;  // of the last build
  std::optional<Build> view_;
  std::string told_;  // the status line that the service manager has
  std::unique_ptr<http::Server> admin_;
};

// The resolver doesn't wait for whoever reads the log.
UpstreamReport Instance::report() {
  return [this](const dns::Endpoint& upstream, dns::UpstreamChange change) {
    asio::post(io_, [upstream, change] { log_upstream(upstream, change); });
  };
}

void Instance::publish(const Build& build) {
  const bool first = !table_.confirmed();
  // The serial tells clients that something is new.
  if (first || !table_.equals(build.table)) server_.publish(table_.zone_of(build.table));
  table_.replace(build.table);
  table_.store();
  const config::Load& load = files_.load();
  const std::uint64_t received = source_ == nullptr ? 0 : source_->received();
  log::info(first ? "ready" : "reloaded",
            {{"names", std::to_string(build.table.size())},
             {"services", std::to_string(build.resources.services.size())},
             {"files", std::to_string(load.files)},
             {"documents", std::to_string(load.documents)},
             {"parsed", std::to_string(load.parsed)},
             {"kept", std::to_string(load.kept)},
             {"received", std::to_string(received)},
             {"vipChanges", std::to_string(build.allocation.changes.size())}});
  renumber_ = false;
}

// The resources of all sources, as they are now.
mesh::Resources Instance::gather(mesh::Diagnostics& diagnostics) const {
  const config::Load& load = files_.load();
  diagnostics = load.diagnostics;
  if (source_ == nullptr) return load.resources;
  source_->take_changes();
  kubernetes::Snapshot snapshot = source_->snapshot();
  diagnostics.insert(diagnostics.end(), snapshot.diagnostics.begin(), snapshot.diagnostics.end());
  return join(load.resources, std::move(snapshot.resources), diagnostics);
}

// The build that the table is from, for people to look at. It is large and seldom wanted, so that
// it is made anew, which is the same, and let go soon.
const Build& Instance::view() {
  if (!view_) {
    mesh::Diagnostics all;
    view_ = build(gather(all), settings_, table_.ledger(), unix_time());
  }
  view_timer_.expires_after(kViewKept);
  view_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) view_.reset();
  });
  return *view_;
}

// Makes a new table of the last files and of the cluster.
void Instance::rebuild(Because because) {
  // Half of a cluster would take names away that exist.
  if (source_ != nullptr && !source_->synced()) return;
  const auto start = std::chrono::steady_clock::now();
  mesh::Diagnostics all;
  const Build built = build(gather(all), settings_, table_.ledger(), unix_time(), renumber_);
  all.insert(all.end(), built.diagnostics.begin(), built.diagnostics.end());
  std::ranges::move(redirect::warn_local(built.table.zones(), resolved_host_),
                    std::back_inserter(all));
  problems_.log(all);
  view_.reset();
  summary_ = summarize(built, std::move(all));
  const bool committed = table_.commit(built);
  // Most of what happens in a cluster changes no name, nor does most trying again.
  const bool same = because != Because::Files && table_.confirmed() && table_.equals(built.table);
  if (committed && !same) {
    publish(built);
  } else {
    table_.store();
  }
  if (committed && source_ != nullptr && settings_.kubernetes.write_status) {
    source_->write_all(statuses(built));
  }
  const bool missing =
      std::ranges::any_of(built.allocation.missing, [](const auto& why) { return !why.empty(); });
  if (!committed || !table_.stored() || missing) retry_later();
  if (status_line() != told_) tell(state());
  const auto end = std::chrono::steady_clock::now();
  rested_ = end + std::max<std::chrono::nanoseconds>(kTogether, kRest * (end - start));
}

// What keeps the table from being new; "" when nothing does.
std::string Instance::waiting() const {
  if (source_ != nullptr && source_->behind_since()) return source_->problem();
  return table_.uncommitted_since() ? "new VIPs can't be stored" : "";
}

Status Instance::status() const {
  Status status;
  const auto time = std::chrono::steady_clock::now();
  const auto since = [&](std::chrono::steady_clock::time_point then) {
    return std::chrono::duration<double>(time - then).count();
  };
  describe(settings_, status);
  status.host = host_name();
  status.uptime = since(started_);
  for (const dns::Endpoint& bound : server_.bound()) status.listen.push_back(to_string(bound));
  status.table = table_.exists();
  status.confirmed = table_.confirmed();
  auto behind = table_.uncommitted_since();
  status.waiting = waiting();
  if (source_ != nullptr && source_->behind_since()) {
    behind = std::min(behind.value_or(*source_->behind_since()), *source_->behind_since());
  }
  if (!table_.confirmed()) behind = started_;
  if (behind) status.age = since(*behind);
  status.stored = table_.stored();
  status.generation = table_.serial();
  status.names = table_.names();
  status.reloads = table_.replaced();
  status.names_moved = table_.names_moved();
  const config::Load& load = files_.load();
  status.files = {files_.paths(), load.files, load.documents, load.kept};
  if (source_ != nullptr) {
    status.cluster = {cluster_server_, source_->synced(), source_->problem(), source_->received()};
  }
  status.summary = summary_;
  for (const dns::Route& route : forwarding_.routes()) {
    status.routes.push_back(route_status(route, source_of(route, settings_)));
  }
  status.counters = server_.counters();
  status.queries_unlogged = observer_.unlogged();
  status.dnstap_dropped = observer_.dropped();
  return status;
}

systemd::State Instance::state() const {
  return table_.exists() ? systemd::State::Ready : systemd::State::Starting;
}

// For `systemctl status`.
std::string Instance::status_line() const {
  const std::string why = waiting();
  const std::string behind = why.empty() ? "" : "; " + why;
  if (!table_.exists()) {
    return "no names yet: the resources are being read" + behind;
  }
  const std::string names = std::to_string(table_.names()) + " names";
  if (!table_.confirmed()) return names + " of the last run, until the resources are read" + behind;
  return names + " of " + std::to_string(summary_.services) + " services" + behind;
}

void Instance::tell(systemd::State state) {
  told_ = status_line();
  systemd::tell(state, told_);
}

// By a timer of the main loop, whose hanging makes it stop.
void Instance::keep_telling() {
  const auto period = systemd::period();
  if (!period) return;
  systemd::alive(state());
  alive_.expires_after(*period);
  alive_.async_wait([this](const boost::system::error_code& error) {
    if (!error) keep_telling();
  });
}

// Names matter more than what can be told of them: without this server the others go on.
void Instance::start_admin() {
  if (!settings_.admin.on) return;
  const std::string address = config::to_string(settings_.admin);
  try {
    admin_ = std::make_unique<http::Server>(
        io_, listen_of(settings_.admin), [this](const http::Target& target) {
          return admin_page(
              target, {[this] { return status(); }, [this]() -> const Build& { return view(); },
                       [this](std::string_view what) {
                         return explain(what, view(), settings_, table_.ledger(),
                                        forwarding_.routes());
                       }});
        });
    log::info("admin server", {{"address", address}, {"port", std::to_string(admin_->port())}});
  } catch (const std::runtime_error& error) {
    log::error("there is no admin server: set another address with admin",
               {{"address", address}, {"reason", error.what()}});
  }
}

void Instance::follow_cluster() {
  const auto tell = [](const kubernetes::Event& event) {
    event.bad ? log::warn(event.text) : log::info(event.text);
  };
  cluster_server_ = http::to_string(cluster_->access.server);
  log::info("following the cluster", {{"server", cluster_server_}});
  source_ = std::make_unique<kubernetes::Source>(
      io_, std::move(*cluster_), [this] { cluster_changed(); }, tell);
}

void Instance::cluster_changed() {
  if (std::exchange(cluster_changed_, true)) return;
  cluster_timer_.expires_at(rested_);
  cluster_timer_.async_wait([this](const boost::system::error_code& error) {
    cluster_changed_ = false;
    if (!error) rebuild(Because::Cluster);
  });
}

void Instance::retry_later() {
  retry_.expires_after(kRetry);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) rebuild(Because::Time);
  });
}

void Instance::wait_for_signal() {
  signals_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) return;
                        signalfd_siginfo info{};
                        while (read(signals_.native_handle(), &info, sizeof info) == sizeof info) {
                          take_signal(info.ssi_signo);
                        }
                        wait_for_signal();
                      });
}

void Instance::take_signal(std::uint32_t signal) {
  if (signal == SIGHUP) {
    if (state() == systemd::State::Ready) tell(systemd::State::Reloading);
    files_.read_all("SIGHUP");
    return tell(state());
  }
  tell(systemd::State::Stopping);
  log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  io_.stop();
}

int Instance::run() {
  std::size_t number = 0;
  for (const dns::Endpoint& bound : server_.bound()) {
    const bool inherited = number++ < server_.inherited();
    log::info("listening", {{"address", bound.address},
                            {"port", std::to_string(bound.port)},
                            {"socket", inherited ? "inherited" : "own"},
                            {"mesh", settings_.mesh},
                            {"zone", settings_.zone}});
  }
  for (const mesh::Diagnostic& overlap : check_overlap(pools(settings_), host_networks())) {
    log_diagnostic(overlap);
  }
  forwarding_.start();
  // Queries may be waiting in inherited sockets.
  server_.start();
  tell(state());
  keep_telling();
  wait_for_signal();
  start_admin();
  if (cluster_) follow_cluster();
  files_.start();
  io_.run();
  server_.drain(kDrain);
  log::info("stopped");
  return 0;
}

}  // namespace

int serve(const config::Settings& settings, ServeOptions options) {
  std::vector<int> sockets = systemd::take_sockets();
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  require_resources(settings);
  std::optional<kubernetes::SourceSettings> cluster;
  if (settings.mode == config::Mode::Kubernetes) cluster = source_settings(settings);
  return Instance(settings, options, std::move(cluster), std::move(sockets)).run();
}

}  // namespace app
