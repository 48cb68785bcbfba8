#include "dns/resolver/resolver.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string_view>
#include <utility>

#include "dns/resolver/health.h"
#include "dns/resolver/random.h"

namespace dns {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;
using std::chrono::milliseconds;
using Outcome = TransportResult::Outcome;

namespace {

// For all attempts at one question: stub resolvers ask again, or give up, after 5 s.
constexpr milliseconds kPatience = 4s;
constexpr milliseconds kShortest = 10ms;  // of an attempt, when the patience is nearly over

std::string random_hex() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint8_t, 8> bytes{};
  Random().fill(bytes);
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0xf];
  }
  return hex;
}

}  // namespace

// A question that upstreams are being asked, and the clients that wait for its answer.
struct Resolver::InFlight {
  struct Waiter {
    ClientAddress client;
    Deliver deliver;
  };

  InFlight(asio::io_context& io, const Question& what) : question(what), stale_timer(io) {}

  const Question question;
  const Clock::time_point began = Clock::now();
  std::shared_ptr<const Response> stale;  // to serve if nothing better comes; may be null
  bool stale_due = false;
  std::vector<UpstreamPtr> attempts;  // the upstreams to ask, in order
  std::size_t next = 0;               // of them
  std::vector<const Upstream*> excluded;
  std::shared_ptr<const Response> refusal;  // of the first upstream that answered with a failure
  std::vector<Waiter> waiters;
  asio::steady_timer stale_timer;
};

// How one question to one upstream ended.
struct Resolver::Attempt {
  Outcome outcome = Outcome::Timeout;
  std::shared_ptr<const Response> response;  // of Reply
  Clock::time_point sent;
  bool lost_case = false;
};

Resolver::Resolver(const ResolverSettings& settings, Cache& cache, TransportFactory make_transport)
    : settings_(settings),
      cache_(cache),
      make_transport_(std::move(make_transport)),
      probe_names_(random_hex()),
      limits_(settings.max_in_flight, settings.max_in_flight_per_client),
      thread_([this] { io_.run(); }) {
  pthread_setname_np(thread_.native_handle(), "mesh-dns/up");
}

Resolver::~Resolver() {
  io_.stop();
  thread_.join();
  // A question in flight holds its upstream, whose transport holds the question.
  for (const auto& weak : upstreams_) {
    if (const UpstreamPtr upstream = weak.lock()) upstream->transport.reset();
  }
}

void Resolver::abandon() {
  asio::post(io_, [this] {
    abandoned_ = true;
    for (const auto& [key, query] : in_flight_) query->waiters.clear();
  });
}

void Resolver::use(Routes routes) {
  asio::post(io_, [this, routes = std::move(routes)] { adopt(routes); });
}

void Resolver::resolve(const Question& question, const ClientAddress& client, Deliver deliver) {
  backlog_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, question, client, deliver = std::move(deliver)]() mutable {
    backlog_.fetch_sub(1, std::memory_order_relaxed);
    accept(question, client, std::move(deliver));
  });
}

void Resolver::prefetch(const Question& question) {
  asio::post(io_, [this, question] {
    const auto [query, is_new] = find_or_add(question);
    if (!is_new) return;
    counts_.prefetches.add(1);
    start(query);
  });
}

// An upstream that is in the new routes too keeps what is known of it.
void Resolver::adopt(const Routes& routes) {
  std::vector<std::vector<UpstreamPtr>> route_upstreams;
  for (const Route& route : routes) {
    std::vector<UpstreamPtr>& added = route_upstreams.emplace_back();
    for (const UpstreamAddress& address : route.servers) {
      added.push_back(find_or_add_upstream(address));
    }
  }
  routes_ = routes;
  route_upstreams_ = std::move(route_upstreams);
  publish_tallies();
  std::erase_if(upstreams_, [](const auto& weak) { return weak.expired(); });
}

Resolver::UpstreamPtr Resolver::find_or_add_upstream(const UpstreamAddress& address) {
  for (const auto& weak : upstreams_) {
    UpstreamPtr known = weak.lock();
    if (known && known->address == address) return known;
  }
  auto added = std::make_shared<Upstream>(address, ++upstreams_made_,
                                          make_transport_(io_, address, counts_.transport));
  upstreams_.push_back(added);
  probe_for_loop(added);
  return added;
}

void Resolver::publish_tallies() {
  std::vector<std::shared_ptr<const UpstreamTally>> tallies;
  for (const auto& upstreams : route_upstreams_) {
    for (const UpstreamPtr& upstream : upstreams) {
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
  for (const auto& tally : tallies) all.push_back(tally->status());
  return all;
}

// Delivers from the cache, or coalesces the question with one in flight, or starts it.
void Resolver::accept(const Question& question, const ClientAddress& client, Deliver deliver) {
  if (abandoned_) return;
  // It may have been cached since the worker looked.
  const Hit hit = cache_.find(question, Clock::now());
  if (hit.settled) return deliver({hit.response, hit.given, {}});
  if (!limits_.admit(client)) {
    counts_.limited.add(1);
    return deliver({hit.response, hit.given, kTooMany});
  }
  const auto [query, is_new] = find_or_add(question);
  if (!is_new) counts_.coalesced.add(1);
  if (!query->stale) query->stale = hit.response;
  query->waiters.push_back({client, std::move(deliver)});
  if (is_new) return start(query);
  if (query->stale_due && query->stale) deliver_to_waiters(*query, stale_of(*query));
}

// True for a new one, which the caller starts.
std::pair<Resolver::InFlightPtr, bool> Resolver::find_or_add(const Question& question) {
  const auto [at, is_new] = in_flight_.try_emplace(std::string(question.key()));
  if (is_new) at->second = std::make_shared<InFlight>(io_, question);
  return {at->second, is_new};
}

void Resolver::start(const InFlightPtr& query) {
  counts_.questions.add(1);
  query->attempts = plan_attempts(query->question);
  start_stale_timer(query);
  attempt_next(query);
}

std::vector<Resolver::UpstreamPtr> Resolver::plan_attempts(const Question& question) {
  const Route* const route = find_route(routes_, Name::from_wire(question.qname()));
  if (route == nullptr) return {};
  std::vector<UpstreamPtr> usable;
  std::vector<const Health*> health;
  for (const auto& upstream : route_upstreams_[static_cast<std::size_t>(route - routes_.data())]) {
    if (upstream->loop.loops()) {
      probe_for_loop(upstream);
      continue;
    }
    usable.push_back(upstream);
    health.push_back(&upstream->health);
  }
  std::vector<UpstreamPtr> attempts;
  for (const std::size_t i : attempt_order(health)) attempts.push_back(usable[i]);
  if (!attempts.empty() && attempts.front()->health.healthy()) probe_failed(question, usable);
  return attempts;
}

// A failed upstream is asked the same question beside a healthy one, so that no client waits to
// find out whether it is back.
void Resolver::probe_failed(const Question& question, const std::vector<UpstreamPtr>& upstreams) {
  for (const UpstreamPtr& upstream : upstreams) {
    if (!upstream->health.take_probe(Clock::now())) continue;
    ask(upstream, question, settings_.timeout,
        [this, upstream](const Attempt& attempt) { record(upstream, attempt); });
  }
}

void Resolver::attempt_next(const InFlightPtr& query) {
  const auto left =
      std::chrono::duration_cast<milliseconds>(query->began + kPatience - Clock::now());
  while (left > 0ms && query->next < query->attempts.size()) {
    const UpstreamPtr upstream = query->attempts[query->next++];
    const bool excluded = std::ranges::count(query->excluded, upstream.get()) != 0;
    if (upstream->loop.loops() || excluded) continue;
    return ask(upstream, query->question, std::clamp(left, kShortest, settings_.timeout),
               [this, query, upstream](const Attempt& attempt) {
                 record(upstream, attempt);
                 end_attempt(query, upstream, attempt);
               });
  }
  counts_.failures.add(1);
  if (query->refusal) return complete(query, query->refusal);
  complete(query, std::make_shared<const Response>(
                      Response::servfail(query->question, Ede::NoReachableAuthority)));
}

void Resolver::end_attempt(const InFlightPtr& query, const UpstreamPtr& upstream,
                           const Attempt& attempt) {
  switch (attempt.outcome) {
    case Outcome::Reply:
      if (!attempt.response->failed()) return complete(query, attempt.response);
      if (!query->refusal) query->refusal = attempt.response;
      query->excluded.push_back(upstream.get());
      break;
    case Outcome::Timeout:
      if (attempt.lost_case) --query->next;
      break;
    case Outcome::Unreachable:
      query->excluded.push_back(upstream.get());
      break;
  }
  attempt_next(query);
}

void Resolver::complete(const InFlightPtr& query, const std::shared_ptr<const Response>& response) {
  in_flight_.erase(std::string(query->question.key()));
  query->stale_timer.cancel();
  cache_.put(query->question, response, Clock::now());
  const bool stale_is_better = response->failed() && query->stale;
  deliver_to_waiters(*query, stale_is_better ? stale_of(*query) : Resolved{response, {}, {}});
}

// RFC 8767, 5: try first, and serve the stale response when the client would wait too long.
void Resolver::start_stale_timer(const InFlightPtr& query) {
  query->stale_timer.expires_after(settings_.stale_after);
  query->stale_timer.async_wait([this, weak = std::weak_ptr(query)](const error_code& error) {
    const InFlightPtr late = weak.lock();
    if (error || !late) return;
    late->stale_due = true;
    if (late->stale) deliver_to_waiters(*late, stale_of(*late));
  });
}

Resolved Resolver::stale_of(const InFlight& query) {
  return {query.stale, {.cached = true, .stale = true}, {}};
}

void Resolver::deliver_to_waiters(InFlight& query, const Resolved& resolved) {
  for (const InFlight::Waiter& waiter : std::exchange(query.waiters, {})) {
    limits_.release(waiter.client);
    waiter.deliver(resolved);
  }
}

void Resolver::ask(const UpstreamPtr& upstream, const Question& question, milliseconds timeout,
                   std::function<void(const Attempt&)> done) {
  upstream->transport->ask(
      question, timeout,
      [this, upstream, done = std::move(done), sent = Clock::now()](const TransportResult& result) {
        if (result.lost_case && std::exchange(upstream->keeps_case, false)) {
          report(*upstream, UpstreamChange::LosesCase);
        }
        Attempt attempt{result.outcome, nullptr, sent, result.lost_case};
        if (result.outcome == Outcome::Reply) {
          if (auto response = Response::read(result.reply)) {
            attempt.response = std::make_shared<const Response>(std::move(*response));
          } else {
            attempt.outcome = Outcome::Unreachable;  // garbage over TCP
          }
        }
        done(attempt);
      });
}

// Updates what is known of the upstream.
void Resolver::record(const UpstreamPtr& upstream, const Attempt& attempt) {
  const bool was_healthy = upstream->health.healthy();
  if (attempt.outcome == Outcome::Reply) {
    upstream->tally->answers.add(1);
    upstream->tally->durations.add(Clock::now() - attempt.sent);
    upstream->health.answered();
    if (!was_healthy) report(*upstream, UpstreamChange::Back);
    return;
  }
  const bool timeout = attempt.outcome == Outcome::Timeout;
  (timeout ? upstream->tally->timeouts : upstream->tally->unreachable).add(1);
  if (attempt.lost_case) return;
  upstream->health.failed(attempt.sent, Clock::now());
  if (was_healthy) report(*upstream, UpstreamChange::Failed);
  // A loop looks like a timeout, since a question that comes back waits for itself.
  if (timeout) probe_for_loop(upstream);
}

void Resolver::report(const Upstream& upstream, UpstreamChange change) {
  upstream.tally->state.store(upstream.state(), std::memory_order_relaxed);
  if (settings_.report) settings_.report(upstream.address, change);
}

void Resolver::probe_for_loop(const UpstreamPtr& upstream) {
  if (!upstream->loop.begin(Clock::now())) return;
  ask(upstream, probe_names_.question(upstream->number), settings_.timeout,
      [this, upstream](const Attempt& attempt) {
        const bool answered = attempt.outcome == Outcome::Reply;
        if (upstream->loop.end(answered)) report(*upstream, UpstreamChange::LoopsNoMore);
      });
}

bool Resolver::is_own_probe(const Qname& qname) {
  const auto number = probe_names_.upstream_of(qname);
  if (number) asio::post(io_, [this, number] { receive_probe(*number); });
  return number.has_value();
}

void Resolver::receive_probe(std::uint64_t number) {
  for (const auto& weak : upstreams_) {
    const UpstreamPtr upstream = weak.lock();
    if (!upstream || upstream->number != number) continue;
    if (upstream->loop.came_back()) report(*upstream, UpstreamChange::Loops);
  }
}

}  // namespace dns
