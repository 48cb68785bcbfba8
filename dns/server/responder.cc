#include "dns/server/responder.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <cstring>
#include <memory>
#include <utility>

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

// A query that the resolver answers.
struct Responder::PendingQuery {
  std::vector<std::uint8_t> query;
  Client client;
  Transport transport;
  Clock::time_point received;
  Deliver deliver;
};

Responder::Responder(asio::io_context& io, unsigned number, const ServerSettings& settings,
                     const WorkerContext& shared)
    : io_(io),
      number_(number),
      observe_(settings.observe),
      allow_(settings.allow),
      keepalive_(static_cast<std::uint16_t>(std::min(settings.tcp_idle_timeout / 100, 65535u))),
      shared_(shared),
      zone_(shared.zone.take()),
      late_answer_(kMaxMessage) {}

bool Responder::allows(const ClientAddress& client) const {
  return std::ranges::any_of(allow_,
                             [&](const ClientPrefix& prefix) { return contains(prefix, client); });
}

void Responder::count(const SourcedAnswer& made) {
  counts_
      .replies[static_cast<std::size_t>(made.source)]
              [counted_rcode(static_cast<std::uint16_t>(made.answer.rcode))]
      .add(1);
}

Responder::Outcome Responder::respond(std::span<const std::uint8_t> query, const Client& client,
                                      Transport transport, std::span<std::uint8_t> out) {
  const SourcedAnswer made = answer_query(query, client, transport, out);
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

Responder::SourcedAnswer Responder::answer_query(std::span<const std::uint8_t> query,
                                                 const Client& client, Transport transport,
                                                 std::span<std::uint8_t> out) {
  if (!allows(client.address)) {
    const Answer refused = fail(query, {Rcode::Refused, Ede::Prohibited}, transport, out);
    if (refused.verdict == Verdict::Reply) counts_.refused.add(1);
    return {refused};
  }
  const Answer own = answer(query, *zone_.zone, transport, out, keepalive_);
  return own.verdict == Verdict::Forward ? answer_from_cache(query, transport, out)
                                         : SourcedAnswer{own};
}

// A verdict of Forward: not cached either, so that the resolver is asked.
Responder::SourcedAnswer Responder::answer_from_cache(std::span<const std::uint8_t> message,
                                                      Transport transport,
                                                      std::span<std::uint8_t> out) {
  Query query;
  parse(message, query);  // answer() found it well-formed
  if (shared_.resolver.is_own_probe(query.qname)) {
    return {fail(message, {Rcode::Refused}, transport, out)};
  }
  const Question question(query);
  const Hit hit = shared_.cache.find(question, received_);
  if (!hit.settled) return {{.verdict = Verdict::Forward, .qtype = query.qtype}};
  if (hit.renew) shared_.resolver.prefetch(question);
  return {give(query, *hit.response, hit.given, transport, out, keepalive_),
          hit.given.stale ? Source::Stale : Source::Cache};
}

void Responder::complete(const PendingQuery& pending, const Resolved& resolved) {
  Query query;
  parse(pending.query, query);
  SourcedAnswer made{.answer = {}, .source = Source::Upstream};
  if (resolved.response) {
    made.answer = give(query, *resolved.response, resolved.given, pending.transport, late_answer_,
                       keepalive_);
    made.source = resolved.given.stale    ? Source::Stale
                  : resolved.given.cached ? Source::Cache
                                          : Source::Upstream;
  } else {
    made.answer = fail(pending.query, resolved.failure, pending.transport, late_answer_);
  }
  count(made);
  const std::span<const std::uint8_t> reply(late_answer_.data(), made.answer.size);
  const auto took = Clock::now() - pending.received;
  counts_.durations[static_cast<std::size_t>(made.source)].add(took);
  if (observe_) {
    observe_(number_, {pending.query, reply, pending.client, pending.transport, made.source,
                       made.answer.rcode, took});
  }
  pending.deliver(reply);
}

void Responder::resolve(std::span<const std::uint8_t> message, const Client& client,
                        Transport transport, Deliver deliver) {
  Query query;
  parse(message, query);
  const auto pending = std::make_shared<const PendingQuery>(PendingQuery{
      {message.begin(), message.end()}, client, transport, received_, std::move(deliver)});
  // The worker does not end while a query is pending.
  const auto executor =
      asio::prefer(io_.get_executor(), asio::execution::outstanding_work_t::tracked);
  if (!shared_.resolver.has_room()) {
    counts_.limited.add(1);
    return asio::post(executor, [this, pending] { complete(*pending, {nullptr, {}, kTooMany}); });
  }
  shared_.resolver.resolve(
      Question(query), client.address, [this, executor, pending](const Resolved& resolved) {
        asio::post(executor, [this, pending, resolved] { complete(*pending, resolved); });
      });
}

}  // namespace dns
