#include "app/serve.h"

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "app/admin.h"
#include "app/change_log.h"
#include "app/cluster.h"
#include "app/explain.h"
#include "app/host.h"
#include "app/log.h"
#include "app/pipeline.h"
#include "app/query_observer.h"
#include "app/server_settings.h"
#include "app/systemd.h"
#include "app/upstreams.h"
#include "config/loader.h"
#include "config/watcher.h"
#include "dns/server.h"
#include "http/server.h"
#include "kubernetes/source.h"
#include "redirect/resolved.h"
#include "vip/sqlite_store.h"

namespace app {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A reload waits until nothing has changed for kQuiet, so that a deployment of many files is one
// reload; but no longer than kPatience after the first change.
constexpr auto kQuiet = 10ms;
constexpr auto kPatience = 100ms;
// Until the store is tried again, or an address may have come out of quarantine.
constexpr auto kRetry = 5s;
// The first change in a cluster is served at once. After a table, changes are taken together for
// kTogether, and at least kRest times as long as it took, so that a busy cluster costs a part of a
// core only.
constexpr auto kTogether = 10ms;
constexpr int kRest = 4;
constexpr auto kResolvConf = 2s;  // until it is looked at again
constexpr auto kViewKept = 10s;
constexpr std::uint32_t kDrain = 2000;  // ms, for TCP sessions to finish

vip::Seconds now() {
  using std::chrono::system_clock;
  return system_clock::to_time_t(system_clock::now());
}

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
        options_(options),
        cluster_(std::move(cluster)),
        store_(vip::open_sqlite(
            settings.state, options.reset_state ? vip::Open::ResetCorrupt : vip::Open::ReadWrite)),
        observer_(settings, workers(settings)),
        server_(server_settings(settings, observer_, std::move(sockets)), first_zone()),
        ledger_(store_->load()),
        loader_(resource_paths(settings),
                {settings.locality(), settings.limits, config::UnknownFields::Warn}) {}

  int run();

 private:
  std::shared_ptr<const dns::Zone> first_zone();
  std::uint32_t next_serial();

  void adopt(config::Load load);
  enum class Because : std::uint8_t { Files, Cluster };
  mesh::Resources gather(mesh::Diagnostics& diagnostics) const;
  void rebuild(Because why);
  bool commit(const Build& build);
  void publish(const Build& build);

  // Names are answered from one: of the sources, or of the state file.
  bool has_table() const { return loaded_ || !table_.mesh().empty(); }
  systemd::State state() const;
  std::string waiting() const;
  std::string status_line() const;
  void tell(systemd::State state);
  void keep_telling();

  void start_admin();
  Status status() const;
  const Build& view();

  void follow_cluster();
  void cluster_changed();

  void wait_for_changes();
  void wait_for_signal();
  void take_signal(std::uint32_t signal);
  void debounce();
  void reload();
  void reload_everything(const char* why);
  void retry_later();
  config::Load watch(config::Load load);

  void forward();
  void follow_resolv_conf();

  const config::Settings& settings_;
  ServeOptions options_;
  std::optional<kubernetes::SourceSettings> cluster_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor signals_{io_, open_signals()};  // before the first worker
  asio::steady_timer debounce_{io_};
  asio::steady_timer retry_{io_};
  asio::steady_timer resolv_conf_timer_{io_};
  asio::steady_timer cluster_timer_{io_};
  asio::steady_timer view_timer_{io_};
  asio::steady_timer alive_{io_};
  std::unique_ptr<vip::Store> store_;
  Table table_;
  std::uint32_t serial_ = 0;
  QueryObserver observer_;  // told by the workers: gone after them
  dns::Server server_;      // bound from here on
  vip::Ledger ledger_;
  config::Loader loader_;
  config::Watcher watcher_;
  asio::posix::stream_descriptor watched_{io_};
  config::Changes changes_;  // since the last reload
  std::chrono::steady_clock::time_point first_change_;
  ProblemLog problems_;
  config::Load load_;                             // the last one
  std::unique_ptr<kubernetes::Source> source_;    // none in a universal zone
  bool cluster_changed_ = false;                  // since the last table
  std::chrono::steady_clock::time_point rested_;  // when the next table may be made
  std::string resolv_conf_;                       // its text, as last read
  std::set<std::string> unwatched_;
  const redirect::ResolvedHost resolved_host_ = redirect::resolved_host();
  bool loaded_ = false;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  // Since when new VIPs can't be stored.
  std::optional<std::chrono::steady_clock::time_point> uncommitted_since_;
  Summary summary_;  // of the last build
  std::optional<Build> view_;
  std::string told_;  // the status line that the service manager has
  std::uint64_t reloads_ = 0;
  std::uint64_t names_moved_ = 0;
  dns::Routes routes_;
  std::string cluster_server_;
  std::unique_ptr<http::Server> admin_;
};

// The serial of the SOA: seconds of the Unix time, and one more for each table within a second.
std::uint32_t Instance::next_serial() {
  serial_ = std::max(serial_ + 1, static_cast<std::uint32_t>(now()));
  return serial_;
}

// The last good table answers before any source was read; without one, only the zones are known.
std::shared_ptr<const dns::Zone> Instance::first_zone() {
  auto table = Table::from_bytes(store_->load_table());
  if (!table || table->mesh() != settings_.mesh) {
    return make_zone({}, settings_, next_serial(), false);
  }
  table_ = std::move(*table);
  log::info("serving the table of the state file until the resources are read",
            {{"names", std::to_string(table_.size())}, {"state", settings_.state}});
  return make_zone(table_, settings_, next_serial());
}

// Commits the VIPs before a single answer carries one. False: the table in use stays.
bool Instance::commit(const Build& build) {
  try {
    store_->commit(build.allocation.changes);
  } catch (const vip::StoreError& error) {
    log::error("the table in use stays, since new VIPs can't be stored; tried again soon",
               {{"reason", error.what()}});
    if (!uncommitted_since_) uncommitted_since_ = std::chrono::steady_clock::now();
    return false;
  }
  uncommitted_since_.reset();
  ledger_.apply(build.allocation.changes);
  return true;
}

void Instance::publish(const Build& build) {
  server_.publish(make_zone(build.table, settings_, next_serial()));
  names_moved_ += log_changes(table_, build.table);
  const std::uint64_t received = source_ == nullptr ? 0 : source_->received();
  log::info(loaded_ ? "reloaded" : "ready",
            {{"names", std::to_string(build.table.size())},
             {"services", std::to_string(build.resources.services.size())},
             {"files", std::to_string(load_.files)},
             {"documents", std::to_string(load_.documents)},
             {"parsed", std::to_string(load_.parsed)},
             {"kept", std::to_string(load_.kept)},
             {"received", std::to_string(received)},
             {"vipChanges", std::to_string(build.allocation.changes.size())}});
  loaded_ = true;
  ++reloads_;
  options_.renumber = false;
  if (build.table.bytes() == table_.bytes()) return;
  table_ = build.table;
  try {
    store_->save_table(table_.bytes());
  } catch (const vip::StoreError& error) {
    log::warn("the table can't be kept for the next start", {{"reason", error.what()}});
  }
}

void Instance::adopt(config::Load load) {
  load_ = watch(std::move(load));
  rebuild(Because::Files);
}

// The resources of all sources, as they are now.
mesh::Resources Instance::gather(mesh::Diagnostics& diagnostics) const {
  diagnostics = load_.diagnostics;
  if (source_ == nullptr) return load_.resources;
  kubernetes::Snapshot snapshot = source_->snapshot();
  diagnostics.insert(diagnostics.end(), snapshot.diagnostics.begin(), snapshot.diagnostics.end());
  return join(load_.resources, std::move(snapshot.resources), diagnostics);
}

// The build that the table is from, for people to look at. It is large and seldom wanted, so that
// it is made anew, which is the same, and let go soon.
const Build& Instance::view() {
  if (!view_) {
    mesh::Diagnostics all;
    view_ = build(gather(all), settings_, ledger_, now());
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
  const Build built = build(gather(all), settings_, ledger_, now(), options_.renumber);
  all.insert(all.end(), built.diagnostics.begin(), built.diagnostics.end());
  std::ranges::move(redirect::warn_local(built.table.zones(), resolved_host_),
                    std::back_inserter(all));
  problems_.log(all);
  view_.reset();
  summary_ = summarize(built, std::move(all));
  const bool committed = commit(built);
  // Most of what happens in a cluster changes no name.
  const bool same = loaded_ && because == Because::Cluster && built.table.bytes() == table_.bytes();
  if (committed && !same) publish(built);
  if (committed && source_ != nullptr && settings_.kubernetes.write_status) {
    source_->write(statuses(built));
  }
  const bool missing =
      std::ranges::any_of(built.allocation.missing, [](const auto& why) { return !why.empty(); });
  if (!committed || missing) retry_later();
  if (status_line() != told_) tell(state());
  const auto end = std::chrono::steady_clock::now();
  rested_ = end + std::max<std::chrono::nanoseconds>(kTogether, kRest * (end - start));
}

// What keeps the table from being new; "" when nothing does.
std::string Instance::waiting() const {
  if (source_ != nullptr && source_->behind_since()) return source_->problem();
  return uncommitted_since_ ? "new VIPs can't be stored" : "";
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
  status.table = has_table();
  status.confirmed = loaded_;
  std::optional<std::chrono::steady_clock::time_point> behind = uncommitted_since_;
  status.waiting = waiting();
  if (source_ != nullptr && source_->behind_since()) {
    behind = std::min(behind.value_or(*source_->behind_since()), *source_->behind_since());
  }
  if (!loaded_) behind = started_;
  if (behind) status.age = since(*behind);
  status.generation = serial_;
  status.names = table_.size();
  status.reloads = reloads_;
  status.names_moved = names_moved_;
  status.files = {resource_paths(settings_), load_.files, load_.documents, load_.kept};
  if (source_ != nullptr) {
    status.cluster = {cluster_server_, source_->synced(), source_->problem(), source_->received()};
  }
  status.summary = summary_;
  for (const dns::Route& route : routes_) {
    status.routes.push_back(route_status(route, source_of(route, settings_)));
  }
  status.counters = server_.counters();
  status.queries_unlogged = observer_.unlogged();
  status.dnstap_dropped = observer_.dropped();
  return status;
}

systemd::State Instance::state() const {
  return has_table() ? systemd::State::Ready : systemd::State::Starting;
}

// For `systemctl status`.
std::string Instance::status_line() const {
  const std::string why = waiting();
  const std::string behind = why.empty() ? "" : "; " + why;
  if (!has_table()) {
    return "no names yet: the resources are being read" + behind;
  }
  const std::string names = std::to_string(table_.size()) + " names";
  if (!loaded_) return names + " of the last run, until the resources are read" + behind;
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
                         return explain(what, view(), settings_, ledger_, routes_);
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

// Watches what was read. A change between the reading of a folder and its first watch would be seen
// by nobody, so new folders are looked at once more.
config::Load Instance::watch(config::Load load) {
  for (;;) {
    const config::Watched watched = watcher_.watch(loader_.directories());
    for (const std::string& reason : watched.failed) {
      if (unwatched_.insert(reason).second) {
        log::error("changes there are only seen on SIGHUP", {{"reason", reason}});
      }
    }
    if (watched.added.empty()) return load;
    const std::size_t parsed = load.parsed;
    load = loader_.reload(watched.added);
    load.parsed += parsed;
  }
}

void Instance::retry_later() {
  retry_.expires_after(kRetry);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) adopt(loader_.reload({}));
  });
}

void Instance::wait_for_changes() {
  watched_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) return;
                        debounce();
                        wait_for_changes();
                      });
}

void Instance::debounce() {
  const config::Changes more = watcher_.changes();
  if (more.empty()) return;
  const auto time = std::chrono::steady_clock::now();
  if (changes_.empty()) first_change_ = time;
  changes_.everything = changes_.everything || more.everything;
  changes_.paths.insert(changes_.paths.end(), more.paths.begin(), more.paths.end());
  debounce_.expires_at(std::min(time + kQuiet, first_change_ + kPatience));
  debounce_.async_wait([this](const boost::system::error_code& error) {
    if (!error) reload();
  });
}

void Instance::reload() {
  const config::Changes changes = std::exchange(changes_, {});
  if (changes.everything) return reload_everything("too many changes at once");
  adopt(loader_.reload(changes.paths));
}

void Instance::reload_everything(const char* why) {
  log::info("looking at every file", {{"reason", why}});
  adopt(loader_.load());
}

// Tells the server whom to ask about what isn't ours.
void Instance::forward() {
  const Upstreams upstreams =
      make_upstreams(settings_, resolv_conf_, server_.bound(), host_addresses());
  for (const mesh::Diagnostic& diagnostic : upstreams.diagnostics) log_diagnostic(diagnostic);
  for (const dns::Route& route : upstreams.routes) {
    std::string servers;
    for (const dns::Endpoint& server : route.servers) {
      servers.append(servers.empty() ? "" : ", ").append(dns::to_string(server));
    }
    log::info("forwarding", {{"names", route.zone.to_string()},
                             {"upstreams", servers},
                             {"from", source_of(route, settings_)}});
  }
  routes_ = upstreams.routes;
  server_.forward(routes_);
}

// The file may be a link to a link, or mounted alone: reading 100 bytes now and then sees every way
// in which it changes, as watching doesn't.
void Instance::follow_resolv_conf() {
  if (!settings_.upstream.servers.empty()) return;
  resolv_conf_timer_.expires_after(kResolvConf);
  resolv_conf_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    std::string text = read_resolv_conf(settings_);
    // Whoever writes it may have emptied it first; without a server nothing would be better.
    if (!text.empty() && text != resolv_conf_) {
      resolv_conf_ = std::move(text);
      log::info("the upstreams are read again", {{"file", settings_.upstream.resolv_conf}});
      forward();
    }
    follow_resolv_conf();
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
    reload_everything("SIGHUP");
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
  if (settings_.upstream.servers.empty()) resolv_conf_ = read_resolv_conf(settings_);
  forward();
  // Queries may be waiting in inherited sockets.
  server_.start();
  tell(state());
  keep_telling();
  follow_resolv_conf();
  wait_for_signal();
  start_admin();
  if (cluster_) follow_cluster();
  adopt(loader_.load());
  watched_.assign(watcher_.fd());
  wait_for_changes();
  io_.run();
  watched_.release();  // the watcher closes it
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
