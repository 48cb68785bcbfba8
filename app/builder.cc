#include "app/builder.h"

#include <malloc.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>
#include <variant>

#include "host/host.h"
#include "logging/log.h"
#include "pipeline/reconcile.h"
#include "state/error.h"

namespace app {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Until the store is tried again, or an address may have come out of quarantine.
constexpr auto kRetry = 5s;
// The first change is served at once. After a build the next one waits kRest times as long as it
// took, so that however much happens, building costs a part of a core only; but no longer than
// kMostRest, since a large build, as the first one is, is seldom followed by another.
constexpr int kRest = 4;
constexpr std::chrono::nanoseconds kMostRest = 100ms;
// From so many changed names on, what a build left unused is given back to the system.
constexpr std::size_t kManyNames = 10'000;

}  // namespace

Builder::Builder(const config::Settings& settings, StateFile& state, DnsOutput& dns, bool renumber)
    : settings_(settings), state_file_(state), dns_(dns), renumber_(renumber) {
  told_.table = state.last().has_value();
  told_.behind = started_;
  told_.names = dns.names();
  told_.serial = dns.serial();
}

Builder::~Builder() {
  stop();
}

void Builder::add(SourceEntry source) {
  pipeline::SourceState state;
  state.name = source.name;
  source_states_.push_back(std::move(state));
  entries_.push_back(std::move(source));
}

void Builder::add(std::unique_ptr<pipeline::Output> output) {
  outputs_.push_back(std::move(output));
}

void Builder::start(std::function<void()> changed, std::function<void(std::exception_ptr)> failed) {
  changed_ = std::move(changed);
  thread_ = std::thread([this, failed = std::move(failed)] { run(failed); });
}

void Builder::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Builder::run(const std::function<void(std::exception_ptr)>& failed) {
  try {
    open();
    io_.run();
  } catch (...) {
    failed(std::current_exception());
  }
  sources_.clear();  // they use io_ on this thread
}

void Builder::open() {
  std::vector<std::string> names;
  for (const SourceEntry& entry : entries_) names.push_back(entry.name);
  pipeline_.emplace(settings_, std::move(names), state_file_.leases().load(), renumber_);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    sources_.push_back(entries_[i].make(
        io_, [this, i](pipeline::Delivery delivery) { take(i, std::move(delivery)); }));
  }
  for (const auto& source : sources_) source->start();
}

void Builder::take(std::size_t source, pipeline::Delivery delivery) {
  source_states_[source] = std::move(delivery.state);
  announced_ = announced_ || delivery.announced;
  const bool changed = !delivery.changes.empty() || !delivery.diagnostics.empty();
  if (changed) pipeline_->take(source, std::move(delivery.changes), delivery.diagnostics);
  if (changed || delivery.announced || !told_.confirmed) build_soon();
  if (!changed) tell();
}

void Builder::build_soon() {
  if (std::exchange(scheduled_, true)) return;
  soon_.expires_at(rested_);
  soon_.async_wait([this](const boost::system::error_code& error) {
    scheduled_ = false;
    if (!error) build();
  });
}

void Builder::retry_later() {
  retry_.expires_after(kRetry);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) build();
  });
}

// False: the VIPs can't be stored, so that what is served stays.
bool Builder::commit() {
  const vip::CommitResult result =
      state_file_.leases().commit(pipeline_->propose(host::unix_time()));
  if (const auto* failed = std::get_if<vip::Failed>(&result)) {
    logging::error("the table in use stays, since new VIPs can't be stored; tried again soon",
                   {{"reason", failed->reason}});
    if (!uncommitted_since_) uncommitted_since_ = std::chrono::steady_clock::now();
    return false;
  }
  if (std::holds_alternative<vip::Conflict>(result)) {
    logging::info("others have changed VIPs in the store: they are read again");
    pipeline_->restart_allocation(state_file_.leases().load());
    if (!uncommitted_since_) uncommitted_since_ = std::chrono::steady_clock::now();
    build_soon();
    return false;
  }
  uncommitted_since_.reset();
  return true;
}

void Builder::build() {
  const auto start = std::chrono::steady_clock::now();
  const bool complete = std::ranges::all_of(source_states_, &pipeline::SourceState::complete);
  // Half of a source would take names away that exist.
  if (complete) {
    log_problems();
    if (commit()) publish(pipeline_->accept());
    ++number_;
    if (uncommitted_since_ || !saved_ || pipeline_->without_vip() != 0) retry_later();
  }
  tell();
  // What a large build left unused would stay with the process.
  if (std::exchange(large_, false)) malloc_trim(0);
  for (const auto& done : std::exchange(refreshed_, {})) done();
  const auto end = std::chrono::steady_clock::now();
  rested_ = end + std::min<std::chrono::nanoseconds>(kRest * (end - start), kMostRest);
}

void Builder::publish(pipeline::Update update) {
  const bool first = reloads_ == 0;
  vip_changes_ += update.vip_changes;
  if (first && state_file_.last()) {
    pipeline::reconcile(*state_file_.last(), update);
  }
  dns_.publish(update, *pipeline_);
  for (const auto& output : outputs_) output->publish(update, *pipeline_);
  save(update);
  if (first || update.zones) warn_local();
  log_problems();
  const bool something = !update.names.empty() || update.zones;
  if (first || something || announced_) {
    ++reloads_;
    names_moved_ += log_changes(update.names);
    log_update(first);
  }
  announced_ = false;
  vip_changes_ = 0;
  if (first) state_file_.forget();
  large_ = first || update.names.size() >= kManyNames;
}

// Has the state file hold what is served, for the next start.
void Builder::save(const pipeline::Update& update) {
  const bool first = reloads_ == 0;
  for (const pipeline::NameChange& name : update.names) unsaved_.insert(name.hostname);
  if (unsaved_.empty() && saved_ && !update.zones && !first) return;
  const bool failed = !saved_;
  try {
    pipeline::store(*pipeline_, unsaved_, state_file_.table());
    unsaved_.clear();
    saved_ = true;
    if (failed) logging::info("the table is kept for the next start again");
  } catch (const state::Error& error) {
    saved_ = false;
    if (failed) return;  // reported before
    logging::warn("the table can't be kept for the next start; tried again every few seconds",
                  {{"reason", error.what()}});
  }
}

void Builder::log_update(bool first) {
  std::vector<logging::Field> fields = {{"names", std::to_string(dns_.names())},
                                        {"services", std::to_string(pipeline_->services())}};
  for (const pipeline::SourceState& source : source_states_) {
    for (const pipeline::Figure& figure : source.figures) {
      fields.emplace_back(figure.name, std::to_string(figure.value));
    }
  }
  fields.emplace_back("vipChanges", std::to_string(vip_changes_));
  logging::info(first ? "ready" : "reloaded", fields);
}

// Names that this host's systemd-resolved would never ask us for.
void Builder::warn_local() {
  mesh::DiagnosticChanges changes{std::move(local_), {}};
  local_ = redirect::warn_local(pipeline_->zones(), resolved_host_);
  changes.added = local_;
  pipeline_->report(changes);
}

void Builder::log_problems() {
  problems_.log(pipeline_->take_diagnostics(), pipeline_->count(mesh::Severity::Error));
}

void Builder::tell() {
  BuildState state;
  state.confirmed = reloads_ != 0;
  state.table = state.confirmed || state_file_.last();
  for (const pipeline::SourceState& source : source_states_) {
    if (!source.behind_since) continue;
    state.behind = std::min(state.behind.value_or(*source.behind_since), *source.behind_since);
    if (state.waiting.empty()) state.waiting = source.problem;
  }
  if (uncommitted_since_) {
    state.behind = std::min(state.behind.value_or(*uncommitted_since_), *uncommitted_since_);
    if (state.waiting.empty()) state.waiting = "new VIPs can't be stored";
  }
  if (!state.confirmed) state.behind = started_;
  state.stored = saved_;
  state.serial = dns_.serial();
  state.names = dns_.names();
  state.reloads = reloads_;
  state.names_moved = names_moved_;
  state.sources = source_states_;
  state.outputs.push_back(dns_.state());
  for (const auto& output : outputs_) state.outputs.push_back(output->state());
  state.summary = pipeline_->summary();
  {
    const std::lock_guard lock(mutex_);
    told_ = std::move(state);
  }
  changed_();
}

void Builder::refresh(std::function<void()> done) {
  asio::post(io_, [this, done = std::move(done)] {
    refreshed_.push_back(done);
    for (const auto& source : sources_) source->refresh();
  });
}

BuildState Builder::state() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

void Builder::snapshot(std::function<void(Snapshot)> take) {
  asio::post(io_, [this, take = std::move(take)] {
    take({pipeline_->resources(), pipeline_->ledger(), number_});
  });
}

}  // namespace app
