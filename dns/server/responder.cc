#include "dns/server/responder.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <cstring>
#include <memory>
#include <utility>

#include "dns/resolver/resolver.h"

namespace dns {

namespace asio = boost::asio;

namespace {

bool contains(const ClientPrefix& prefix, const ClientAddress& client) {
  const unsigned octets = prefix.length / 8;
  const unsigned bits = prefix.length % 8;
  if (std::memcmp(prefix.first.data(), client.data(), octets) != 0) return false;
  return bits == 0 || (prefix.first[octets] ^ client[octets]) >> (8 - bits) == 0;
}

}  // namespace

// A query that the resolver has.
struct Responder::Waiting {
  std::vector<std::uint8_t> query;
  Client client;
  Transport transport;
  Clock::time_point received;
  Deliver deliver;
};

Responder::Responder(asio::io_context& io, unsigned number, const ServerSettings& settings,
                     const PublishedZone& published, Cache& cache, Resolver& resolver)
    : io_(io),
      number_(number),
      observe_(settings.observe),
      allow_(settings.allow),
      keepalive_(static_cast<std::uint16_t>(std::min(settings.tcp_idle_timeout / 100, 65535u))),
      published_(published),
      zone_(published.take()),
      cache_(cache),
      resolver_(resolver),
      late_answer_(kMaxMessage) {}

bool Responder::allows(const ClientAddress& client) const {
  return std::ranges::any_of(allow_,
                             [&](const ClientPrefix& prefix) { return contains(prefix, client); });
}

void Responder::count(const Sourced& sourced) {
  counts_
      .replies[static_cast<std::size_t>(sourced.source)]
              [counted_rcode(static_cast<std::uint16_t>(sourced.answer.rcode))]
      .add(1);
}

Responder::Outcome Responder::respond(std::span<const std::uint8_t> query, const Client& client,
                                      Transport transport, std::span<std::uint8_t> out) {
  const Sourced made = sourced(query, client, transport, out);
  counts_.queries[static_cast<std::size_t>(transport)][counted_type(made.answer.qtype)].add(1);
  if (made.answer.verdict == Verdict::Forward) return {Next::Resolve};
  if (made.answer.verdict == Verdict::Drop) {
    counts_.dropped.add(1);
    return {};
  }
  count(made);
  ++answered_[static_cast<std::size_t>(made.source)];
  if (observe_) {
    observe_(number_, {query, out.first(made.answer.size), client, transport, made.source,
                       made.answer.rcode, Clock::now() - received_});
  }
  return {Next::Send, made.answer.size};
}

void Responder::end() {
  const auto took = Clock::now() - received_;
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    if (answered_[i] != 0) counts_.durations[i].add(took, std::exchange(answered_[i], 0));
  }
}

Responder::Sourced Responder::sourced(std::span<const std::uint8_t> query, const Client& client,
                                      Transport transport, std::span<std::uint8_t> out) {
  if (!allows(client.address)) {
    const Answer refused = fail(query, {Rcode::Refused, Ede::Prohibited}, transport, out);
    if (refused.verdict == Verdict::Reply) counts_.refused.add(1);
    return {refused};
  }
  const Answer own = answer(query, *zone_.zone, transport, out, keepalive_);
  return own.verdict == Verdict::Forward ? elsewhere(query, transport, out) : Sourced{own};
}

// A verdict of Forward: the resolver is to find out.
Responder::Sourced Responder::elsewhere(std::span<const std::uint8_t> message, Transport transport,
                                        std::span<std::uint8_t> out) {
  Query query;
  parse(message, query);  // answer() found it well-formed
  if (resolver_.is_own_probe(query.qname)) {
    return {fail(message, {Rcode::Refused}, transport, out)};
  }
  const Question question(query);
  const Hit hit = cache_.find(question, received_);
  if (!hit.settled) return {{.verdict = Verdict::Forward, .qtype = query.qtype}};
  if (hit.renew) resolver_.renew(question);
  return {give(query, *hit.response, hit.given, transport, out, keepalive_),
          hit.given.stale ? Source::Stale : Source::Cache};
}

void Responder::complete(const Waiting& waiting, const Resolved& resolved) {
  Query query;
  parse(waiting.query, query);
  Sourced made{.answer = {}, .source = Source::Upstream};
  if (resolved.response) {
    made.answer = give(query, *resolved.response, resolved.given, waiting.transport, late_answer_,
                       keepalive_);
    made.source = resolved.given.stale    ? Source::Stale
                  : resolved.given.cached ? Source::Cache
                                          : Source::Upstream;
  } else {
    made.answer = fail(waiting.query, resolved.failure, waiting.transport, late_answer_);
  }
  count(made);
  const std::span<const std::uint8_t> reply(late_answer_.data(), made.answer.size);
  const auto took = Clock::now() - waiting.received;
  counts_.durations[static_cast<std::size_t>(made.source)].add(took);
  if (observe_) {
    observe_(number_, {waiting.query, reply, waiting.client, waiting.transport, made.source,
                       made.answer.rcode, took});
  }
  waiting.deliver(reply);
}

void Responder::resolve(std::span<const std::uint8_t> message, const Client& client,
                        Transport transport, Deliver deliver) {
  Query query;
  parse(message, query);
  const auto waiting = std::make_shared<const Waiting>(
      Waiting{{message.begin(), message.end()}, client, transport, received_, std::move(deliver)});
  // The worker doesn't end while someone waits.
  const auto executor =
      asio::prefer(io_.get_executor(), asio::execution::outstanding_work_t::tracked);
  if (!resolver_.has_room()) {
    counts_.limited.add(1);
    return asio::post(executor, [this, waiting] { complete(*waiting, {nullptr, {}, kTooMany}); });
  }
  resolver_.resolve(
      Question(query), client.address, [this, executor, waiting](const Resolved& resolved) {
        asio::post(executor, [this, waiting, resolved] { complete(*waiting, resolved); });
      });
}

}  // namespace dns
