#include "dns/resolver/resolver.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

namespace dns {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

// In all, for one client: stub resolvers ask again, or give up, after 5 s.
constexpr milliseconds kPatience = 4s;
constexpr milliseconds kShortest = 10ms;  // an attempt's time, when patience is nearly over
constexpr auto kLoopCheckPause = 30s;
// Kept for each upstream: c-ares takes 30 µs to make one, and 70 KiB of memory.
constexpr std::size_t kIdleChannels = 128;
// A name that exists nowhere, under a top-level domain that never will (ICANN, 2024).
constexpr std::string_view kProbeZone = "mesh-dns-loop.internal";

std::string random_hex() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint8_t, 8> octets{};
  Random().fill(octets);
  std::string hex;
  for (const std::uint8_t octet : octets) {
    hex += kDigits[octet >> 4];
    hex += kDigits[octet & 0xf];
  }
  return hex;
}

Question question_of(const std::string& qname) {
  const Name name = *Name::parse(qname);
  Query query;
  query.flags = 0x0100;  // RD
  query.qtype = static_cast<std::uint16_t>(Type::A);
  query.qname.assign(reinterpret_cast<const std::uint8_t*>(name.wire().data()), name.wire().size());
  return Question(query);
}

bool is_loopback(const ClientAddress& client) {
  constexpr ClientAddress kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  constexpr ClientAddress kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return client == kLoopback || std::equal(client.begin(), client.begin() + 13, kMapped.begin());
}

}  // namespace

// What anybody may know of an upstream; written by the resolver's thread.
struct Resolver::UpstreamTally {
  UpstreamAddress address;
  std::atomic<UpstreamStatus::State> state = UpstreamStatus::State::Well;
  Count answers;
  Count silent;
  Count unreachable;
  DurationCounts durations;
};

struct Resolver::Upstream {
  UpstreamAddress address;
  const std::shared_ptr<UpstreamTally> tally = std::make_shared<UpstreamTally>();
  std::uint64_t number = 0;
  Health health;
  bool keeps_case = true;
  bool loops = false;
  bool checking_for_loop = false;
  bool came_back = false;
  Clock::time_point loop_checked;
  std::vector<std::shared_ptr<Channel>> idle;
};

// A question that upstreams are being asked.
struct Resolver::Flight {
  struct Waiter {
    ClientAddress client;
    Deliver deliver;
  };

  Flight(asio::io_context& io, const Question& what) : question(what), stale_timer(io) {}

  const Question question;
  const Clock::time_point began = Clock::now();
  std::shared_ptr<const Response> stale;  // what to give if nothing better comes; may be null
  bool stale_due = false;
  std::vector<UpstreamPtr> plan;
  std::size_t next = 0;                     // in the plan
  std::vector<const Upstream*> given_up;    // not to be asked again
  std::shared_ptr<const Response> refusal;  // of the first server that couldn't, or wouldn't
  std::vector<Waiter> waiters;
  asio::steady_timer stale_timer;
};

// How one query to one upstream ended.
struct Resolver::Attempt {
  Channel::Outcome outcome = Channel::Outcome::Silent;
  std::shared_ptr<const Response> response;  // of Reply
  Clock::time_point sent;
  // Silent, but for a reply that had the case wrong: the server doesn't keep it, or the reply is
  // forged by someone who knows id and port. Asking again in lower case costs nothing.
  bool lost_case = false;
};

Resolver::Resolver(const ResolverSettings& settings, Cache& cache)
    : settings_(settings),
      cache_(cache),
      probe_token_(random_hex()),
      thread_([this] { io_.run(); }) {
  pthread_setname_np(thread_.native_handle(), "mesh-dns/up");
}

Resolver::~Resolver() {
  io_.stop();
  thread_.join();
}

void Resolver::abandon() {
  asio::post(io_, [this] {
    abandoned_ = true;
    for (const auto& [key, flight] : flights_) flight->waiters.clear();
  });
}

void Resolver::use(Routes routes) {
  asio::post(io_, [this, routes = std::move(routes)] { adopt(routes); });
}

void Resolver::resolve(const Question& question, const ClientAddress& client, Deliver deliver) {
  queued_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, question, client, deliver = std::move(deliver)]() mutable {
    queued_.fetch_sub(1, std::memory_order_relaxed);
    join(question, client, std::move(deliver));
  });
}

void Resolver::renew(const Question& question) {
  asio::post(io_, [this, question] {
    const auto [flight, is_new] = flight_for(question);
    if (!is_new) return;
    counts_.prefetches.add(1);
    take_off(flight);
  });
}

// A server that is in the new routes too stays what it is, with what is known of it.
void Resolver::adopt(const Routes& routes) {
  std::vector<std::vector<UpstreamPtr>> servers;
  for (const Route& route : routes) {
    std::vector<UpstreamPtr>& added = servers.emplace_back();
    for (const UpstreamAddress& address : route.servers) added.push_back(upstream(address));
  }
  routes_ = routes;
  servers_ = std::move(servers);
  publish_tallies();
  std::erase_if(upstreams_, [](const auto& weak) { return weak.expired(); });
}

void Resolver::publish_tallies() {
  std::vector<std::shared_ptr<const UpstreamTally>> tallies;
  for (const auto& of_route : servers_) {
    for (const UpstreamPtr& upstream : of_route) {
      if (std::ranges::count(tallies, upstream->tally) == 0) tallies.push_back(upstream->tally);
    }
  }
  const std::lock_guard lock(tallies_mutex_);
  tallies_ = std::move(tallies);
}

std::vector<UpstreamStatus> Resolver::upstreams() const {
  std::unique_lock lock(tallies_mutex_);
  const auto tallies = tallies_;
  lock.unlock();
  std::vector<UpstreamStatus> all;
  for (const auto& tally : tallies) {
    UpstreamStatus& status = all.emplace_back();
    status.address = tally->address;
    status.state = tally->state.load(std::memory_order_relaxed);
    status.answers = tally->answers.value();
    status.silent = tally->silent.value();
    status.unreachable = tally->unreachable.value();
    tally->durations.add_to(status.durations);
  }
  return all;
}

Resolver::UpstreamPtr Resolver::upstream(const UpstreamAddress& address) {
  for (const auto& weak : upstreams_) {
    const UpstreamPtr known = weak.lock();
    if (known && known->address == address) return known;
  }
  const auto made = std::make_shared<Upstream>();
  made->address = address;
  made->tally->address = address;
  made->number = ++upstreams_made_;
  upstreams_.push_back(made);
  check_for_loop(made);
  return made;
}

bool Resolver::admit(const ClientAddress& client) {
  if (waiting_in_all_ >= settings_.max_in_flight) return false;
  unsigned& mine = waiting_[client];
  // All programs of this host come from one address: a limit for each of them it is not.
  if (mine >= settings_.max_in_flight_per_client && !is_loopback(client)) return false;
  ++mine;
  ++waiting_in_all_;
  return true;
}

void Resolver::leave(const ClientAddress& client) {
  --waiting_in_all_;
  const auto found = waiting_.find(client);
  if (--found->second == 0) waiting_.erase(found);
}

void Resolver::join(const Question& question, const ClientAddress& client, Deliver deliver) {
  if (abandoned_) return;
  // It may have come since the worker looked.
  const Hit hit = cache_.find(question, Clock::now());
  if (hit.settled) return deliver({hit.response, hit.given, {}});
  if (!admit(client)) {
    counts_.limited.add(1);
    return deliver({hit.response, hit.given, kTooMany});
  }
  const auto [flight, is_new] = flight_for(question);
  if (!is_new) counts_.coalesced.add(1);
  if (!flight->stale) flight->stale = hit.response;
  flight->waiters.push_back({client, std::move(deliver)});
  if (is_new) return take_off(flight);
  if (flight->stale_due && flight->stale) tell(*flight, stale_of(*flight));
}

// The one that is under way, or a new one, which is to take off.
std::pair<Resolver::FlightPtr, bool> Resolver::flight_for(const Question& question) {
  const auto [at, is_new] = flights_.try_emplace(std::string(question.key()));
  if (is_new) at->second = std::make_shared<Flight>(io_, question);
  return {at->second, is_new};
}

void Resolver::take_off(const FlightPtr& flight) {
  counts_.questions.add(1);
  flight->plan = candidates(flight->question);
  wait_with_stale(flight);
  attempt(flight);
}

std::vector<Resolver::UpstreamPtr> Resolver::candidates(const Question& question) {
  const Name qname = Name::from_wire(question.qname());
  const Route* const route = find_route(routes_, qname);
  if (route == nullptr) return {};
  std::vector<UpstreamPtr> usable;
  std::vector<const Health*> health;
  for (const UpstreamPtr& upstream : servers_[static_cast<std::size_t>(route - routes_.data())]) {
    if (upstream->loops) {
      check_for_loop(upstream);
      continue;
    }
    usable.push_back(upstream);
    health.push_back(&upstream->health);
  }
  std::vector<UpstreamPtr> planned;
  for (const std::size_t i : plan(health)) planned.push_back(usable[i]);
  if (!planned.empty() && planned.front()->health.well()) probe_the_failed(question, usable);
  return planned;
}

// A server that failed is asked the same beside one that is well, so that no client waits to find
// out whether it is back.
void Resolver::probe_the_failed(const Question& question, const std::vector<UpstreamPtr>& all) {
  for (const UpstreamPtr& upstream : all) {
    if (!upstream->health.probe(Clock::now())) continue;
    ask(upstream, question, settings_.timeout,
        [this, upstream](const Attempt& attempt) { note(upstream, attempt); });
  }
}

void Resolver::attempt(const FlightPtr& flight) {
  const auto left =
      std::chrono::duration_cast<milliseconds>(flight->began + kPatience - Clock::now());
  while (left > 0ms && flight->next < flight->plan.size()) {
    const UpstreamPtr upstream = flight->plan[flight->next++];
    if (upstream->loops || std::ranges::count(flight->given_up, upstream.get()) != 0) continue;
    return ask(upstream, flight->question, std::clamp(left, kShortest, settings_.timeout),
               [this, flight, upstream](const Attempt& attempt) {
                 note(upstream, attempt);
                 heard(flight, upstream, attempt);
               });
  }
  counts_.failures.add(1);
  if (flight->refusal) return land(flight, flight->refusal);
  land(flight, std::make_shared<const Response>(
                   Response::servfail(flight->question, Ede::NoReachableAuthority)));
}

void Resolver::heard(const FlightPtr& flight, const UpstreamPtr& upstream, const Attempt& attempt) {
  switch (attempt.outcome) {
    case Channel::Outcome::Reply:
      if (!attempt.response->failed()) return land(flight, attempt.response);
      if (!flight->refusal) flight->refusal = attempt.response;
      flight->given_up.push_back(upstream.get());
      break;
    case Channel::Outcome::Silent:
      if (attempt.lost_case) --flight->next;
      break;
    case Channel::Outcome::Unreachable:
      flight->given_up.push_back(upstream.get());
      break;
  }
  this->attempt(flight);
}

void Resolver::land(const FlightPtr& flight, const std::shared_ptr<const Response>& response) {
  flights_.erase(std::string(flight->question.key()));
  flight->stale_timer.cancel();
  cache_.put(flight->question, response, Clock::now());
  const bool better = response->failed() && flight->stale;
  tell(*flight, better ? stale_of(*flight) : Resolved{response, {}, {}});
}

// RFC 8767, 5: try first, and give what is stale when the client would wait too long.
void Resolver::wait_with_stale(const FlightPtr& flight) {
  flight->stale_timer.expires_after(settings_.stale_after);
  flight->stale_timer.async_wait([this, weak = std::weak_ptr(flight)](const error_code& error) {
    const FlightPtr late = weak.lock();
    if (error || !late) return;
    late->stale_due = true;
    if (late->stale) tell(*late, stale_of(*late));
  });
}

Resolved Resolver::stale_of(const Flight& flight) {
  return {flight.stale, {.cached = true, .stale = true}, {}};
}

void Resolver::tell(Flight& flight, const Resolved& resolved) {
  for (Flight::Waiter& waiter : std::exchange(flight.waiters, {})) {
    leave(waiter.client);
    waiter.deliver(resolved);
  }
}

void Resolver::ask(const UpstreamPtr& upstream, const Question& question, milliseconds timeout,
                   std::function<void(const Attempt&)> heard) {
  std::shared_ptr<Channel> channel;
  if (upstream->idle.empty()) {
    channel = std::make_shared<Channel>(io_, upstream->address, counts_.channel);
  } else {
    channel = std::move(upstream->idle.back());
    upstream->idle.pop_back();
  }
  Channel* const raw = channel.get();
  busy_.emplace(raw, std::move(channel));
  std::array<std::uint8_t, 32> cases{};  // a bit for each letter
  if (upstream->keeps_case) random_.fill(cases);
  const bool cased = upstream->keeps_case;
  raw->ask(question.query(random_.u16(), cases), timeout,
           [this, upstream, raw, cased, heard = std::move(heard), sent = Clock::now()](
               Channel::Outcome outcome, const std::vector<std::uint8_t>& reply) {
             const std::shared_ptr<Channel> used = std::move(busy_.extract(raw).mapped());
             Attempt attempt{outcome, nullptr, sent, false};
             attempt.lost_case =
                 outcome == Channel::Outcome::Silent && cased && used->saw_wrong_case();
             if (outcome == Channel::Outcome::Reply) {
               if (auto response = Response::read(reply)) {
                 attempt.response = std::make_shared<const Response>(std::move(*response));
               } else {
                 attempt.outcome = Channel::Outcome::Unreachable;  // garbage over TCP
               }
             }
             if (!used->is_spoiled() && upstream->idle.size() < kIdleChannels) {
               upstream->idle.push_back(used);
             }
             heard(attempt);
           });
}

void Resolver::note(const UpstreamPtr& upstream, const Attempt& attempt) {
  const bool was_well = upstream->health.well();
  if (attempt.outcome == Channel::Outcome::Reply) {
    upstream->tally->answers.add(1);
    upstream->tally->durations.add(Clock::now() - attempt.sent);
    upstream->health.answered();
    if (!was_well) report(*upstream, UpstreamChange::Back);
    return;
  }
  const bool silent = attempt.outcome == Channel::Outcome::Silent;
  (silent ? upstream->tally->silent : upstream->tally->unreachable).add(1);
  if (attempt.lost_case) {
    if (std::exchange(upstream->keeps_case, false)) report(*upstream, UpstreamChange::LosesCase);
    return;
  }
  upstream->health.failed(attempt.sent, Clock::now());
  if (was_well) report(*upstream, UpstreamChange::Failed);
  // A loop looks like silence, since a question that comes back waits for itself.
  if (silent) check_for_loop(upstream);
}

void Resolver::report(const Upstream& upstream, UpstreamChange change) {
  using State = UpstreamStatus::State;
  const State state = upstream.loops           ? State::Loops
                      : upstream.health.well() ? State::Well
                                               : State::Failed;
  upstream.tally->state.store(state, std::memory_order_relaxed);
  if (settings_.report) settings_.report(upstream.address, change);
}

void Resolver::check_for_loop(const UpstreamPtr& upstream) {
  const auto now = Clock::now();
  const bool lately = upstream->loop_checked != Clock::time_point() &&
                      now - upstream->loop_checked < kLoopCheckPause;
  if (upstream->checking_for_loop || lately) return;
  upstream->checking_for_loop = true;
  upstream->came_back = false;
  upstream->loop_checked = now;
  const std::string name =
      probe_token_ + '-' + std::to_string(upstream->number) + '.' + std::string(kProbeZone);
  ask(upstream, question_of(name), settings_.timeout, [this, upstream](const Attempt& attempt) {
    upstream->checking_for_loop = false;
    if (upstream->came_back) return;
    if (attempt.outcome != Channel::Outcome::Reply) {
      upstream
          ->loop_checked = {};  // nothing was learned: the next silence is a reason to look again
      return;
    }
    if (std::exchange(upstream->loops, false)) report(*upstream, UpstreamChange::LoopsNoMore);
  });
}

bool Resolver::is_own_probe(const Qname& qname) {
  if (qname.labels != 3 || qname.label(1) != "mesh-dns-loop" || qname.label(2) != "internal") {
    return false;
  }
  std::string_view label = qname.label(0);
  if (!label.starts_with(probe_token_ + '-')) return false;
  label.remove_prefix(probe_token_.size() + 1);
  std::uint64_t number = 0;
  std::from_chars(label.data(), label.data() + label.size(), number);
  asio::post(io_, [this, number] { came_back(number); });
  return true;
}

void Resolver::came_back(std::uint64_t number) {
  for (const auto& weak : upstreams_) {
    const UpstreamPtr upstream = weak.lock();
    if (!upstream || upstream->number != number) continue;
    upstream->came_back = true;
    if (!std::exchange(upstream->loops, true)) report(*upstream, UpstreamChange::Loops);
  }
}

}  // namespace dns
