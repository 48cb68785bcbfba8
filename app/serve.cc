#include "app/serve.h"

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "admin/status.h"
#include "app/builder.h"
#include "app/change_log.h"
#include "app/dns_output.h"
#include "app/forwarding.h"
#include "app/known_zones.h"
#include "app/pages.h"
#include "app/server_settings.h"
#include "app/state_file.h"
#include "app/systemd.h"
#include "dns/server/server.h"
#include "files/files.h"
#include "host/host.h"
#include "host/upstreams.h"
#include "kubernetes/cluster.h"
#include "logging/log.h"
#include "logging/query_observer.h"
#include "pipeline/build.h"

namespace app {
namespace {

namespace asio = boost::asio;

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
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    logging::warn("the limit of open files stays as it is");
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

// The main thread's part of an instance: signals, the service manager, the admin server, and whom
// names that aren't ours are asked of. What is built is the build thread's.
class Instance {
 public:
  // `cluster`: the one to follow, if any. `sockets`: those that the service manager has bound.
  Instance(const config::Settings& settings, ServeOptions options,
           std::optional<kubernetes::SourceSettings> cluster, std::vector<int> sockets)
      : settings_(settings),
        state_file_(settings,
                    options.reset_state ? state::Open::ResetCorrupt : state::Open::ReadWrite),
        observer_(settings, workers(settings)),
        server_(server_settings(settings, observer_, std::move(sockets), report()), first_zone()),
        forwarding_(io_, settings, server_),
        builder_(settings, state_file_, dns_, options.renumber),
        pages_(io_, settings, builder_,
               {[this] { return status(); }, [this] { return forwarding_.routes(); }}) {
    dns_.connect(
        [this](std::shared_ptr<const dns::Zone> zone) { server_.publish(std::move(zone)); });
    add_sources_and_outputs(std::move(cluster));
  }

  int run();

 private:
  UpstreamReport report();
  std::shared_ptr<const dns::Zone> first_zone();
  void add_sources_and_outputs(std::optional<kubernetes::SourceSettings> cluster);

  systemd::State state() const;
  std::string status_line() const;
  void tell(systemd::State state);
  void keep_telling();
  admin::Status status() const;

  void built();
  void failed(const std::exception_ptr& why);
  void wait_for_signal();
  void take_signal(std::uint32_t signal);

  const config::Settings& settings_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor signals_{io_, open_signals()};  // before the first thread
  asio::steady_timer alive_{io_};
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  StateFile state_file_;
  DnsOutput dns_{settings_};
  logging::QueryObserver observer_;  // told by the workers: gone after them
  dns::Server server_;               // bound from here on
  Forwarding forwarding_;
  Builder builder_;
  Pages pages_;
  std::string told_;           // the status line that the service manager has
  std::exception_ptr failed_;  // why the build thread ended
};

// The resolver doesn't wait for whoever reads the log.
UpstreamReport Instance::report() {
  return [this](const dns::UpstreamAddress& upstream, dns::UpstreamChange change) {
    asio::post(io_, [upstream, change] { log_upstream(upstream, change); });
  };
}

// Which names are ours is known before the first query is answered.
std::shared_ptr<const dns::Zone> Instance::first_zone() {
  if (state_file_.last()) return dns_.start(*state_file_.last());
  const KnownZones known = known_zones(settings_, resource_paths(settings_));
  return dns_.start(known.zones, known.all);
}

// In order of precedence.
void Instance::add_sources_and_outputs(std::optional<kubernetes::SourceSettings> cluster) {
  if (cluster) {
    auto followed = std::make_shared<kubernetes::ClusterLink>(std::move(*cluster));
    builder_.add({"kubernetes", kubernetes::source(followed)});
    builder_.add(kubernetes::status_output(followed));
  }
  builder_.add({"files", files::source(settings_, resource_paths(settings_))});
}

admin::Status Instance::status() const {
  admin::Status status;
  const auto since = [now = std::chrono::steady_clock::now()](pipeline::Time then) {
    return std::chrono::duration<double>(now - then).count();
  };
  admin::describe(settings_, status);
  status.host = host::host_name();
  status.uptime = since(started_);
  for (const dns::Endpoint& bound : server_.bound()) status.listen.push_back(to_string(bound));
  BuildState built = builder_.state();
  status.table = built.table;
  status.confirmed = built.confirmed;
  status.waiting = std::move(built.waiting);
  if (built.behind) status.age = since(*built.behind);
  status.stored = built.stored;
  status.generation = built.serial;
  status.names = built.names;
  status.reloads = built.reloads;
  status.names_moved = built.names_moved;
  status.sources = std::move(built.sources);
  status.outputs = std::move(built.outputs);
  status.summary = std::move(built.summary);
  for (const dns::Route& route : forwarding_.routes()) {
    status.routes.push_back(admin::route_status(route, host::source_of(route, settings_)));
  }
  status.counters = server_.counters();
  status.queries_unlogged = observer_.unlogged();
  status.dnstap_dropped = observer_.dropped();
  return status;
}

systemd::State Instance::state() const {
  return builder_.state().table ? systemd::State::Ready : systemd::State::Starting;
}

// For `systemctl status`.
std::string Instance::status_line() const {
  const BuildState built = builder_.state();
  const std::string behind = built.waiting.empty() ? "" : "; " + built.waiting;
  if (!built.table) return "no names yet: the resources are being read" + behind;
  const std::string names = std::to_string(built.names) + " names";
  if (!built.confirmed) return names + " of the last run, until the resources are read" + behind;
  return names + " of " + std::to_string(built.summary.services) + " services" + behind;
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

void Instance::built() {
  if (status_line() != told_) tell(state());
}

void Instance::failed(const std::exception_ptr& why) {
  failed_ = why;
  io_.stop();
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
    return builder_.refresh([this] { asio::post(io_, [this] { tell(state()); }); });
  }
  tell(systemd::State::Stopping);
  logging::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  io_.stop();
}

int Instance::run() {
  std::size_t number = 0;
  for (const dns::Endpoint& bound : server_.bound()) {
    const bool inherited = number++ < server_.inherited();
    logging::info("listening", {{"address", bound.address},
                                {"port", std::to_string(bound.port)},
                                {"socket", inherited ? "inherited" : "own"},
                                {"mesh", settings_.mesh},
                                {"zone", settings_.zone}});
  }
  for (const mesh::Diagnostic& overlap :
       host::check_overlap(pipeline::pools(settings_), host::host_networks())) {
    log_diagnostic(overlap);
  }
  forwarding_.start();
  // Queries may be waiting in inherited sockets.
  server_.start();
  tell(state());
  keep_telling();
  wait_for_signal();
  pages_.start();
  builder_.start(
      [this] { asio::post(io_, [this] { built(); }); },
      [this](const std::exception_ptr& why) { asio::post(io_, [this, why] { failed(why); }); });
  io_.run();
  builder_.stop();
  pages_.stop();
  if (failed_) std::rethrow_exception(failed_);
  server_.drain(kDrain);
  logging::info("stopped");
  return 0;
}

}  // namespace

int serve(const config::Settings& settings, ServeOptions options) {
  std::vector<int> sockets = systemd::take_sockets();
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  require_resources(settings);
  std::optional<kubernetes::SourceSettings> cluster;
  if (settings.mode == config::Mode::Kubernetes) cluster = kubernetes::source_settings(settings);
  return Instance(settings, options, std::move(cluster), std::move(sockets)).run();
}

}  // namespace app
