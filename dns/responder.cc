#include "dns/responder.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "dns/resolver.h"

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

Responder::Responder(asio::io_context& io, const ServerSettings& settings,
                     std::shared_ptr<const Zone> zone, Cache& cache, Resolver& resolver)
    : io_(io),
      allow_(settings.allow),
      keepalive_(static_cast<std::uint16_t>(std::min(settings.tcp_idle_timeout / 100, 65535u))),
      zone_(std::move(zone)),
      cache_(cache),
      resolver_(resolver),
      late_answer_(kMaxMessage) {}

bool Responder::allows(const ClientAddress& client) const {
  return std::ranges::any_of(allow_,
                             [&](const ClientPrefix& prefix) { return contains(prefix, client); });
}

Responder::Outcome Responder::outcome(const Answer& answer) {
  const bool reply = answer.verdict == Verdict::Reply;
  (reply ? counts_.replies : counts_.dropped).add(1);
  return {reply ? Next::Send : Next::Nothing, answer.size};
}

Responder::Outcome Responder::respond(std::span<const std::uint8_t> query,
                                      const ClientAddress& client, Transport transport,
                                      std::span<std::uint8_t> out) {
  (transport == Transport::Udp ? counts_.udp_queries : counts_.tcp_queries).add(1);
  if (!allows(client)) {
    const Answer refused = fail(query, {Rcode::Refused, Ede::Prohibited}, transport, out);
    if (refused.verdict == Verdict::Reply) counts_.refused.add(1);
    return outcome(refused);
  }
  const Answer own = answer(query, *zone_, transport, out, keepalive_);
  if (own.verdict == Verdict::Forward) return respond_elsewhere(query, transport, out);
  return outcome(own);
}

Responder::Outcome Responder::respond_elsewhere(std::span<const std::uint8_t> message,
                                                Transport transport, std::span<std::uint8_t> out) {
  Query query;
  parse(message, query);  // answer() found it well-formed
  if (resolver_.is_own_probe(query.qname)) {
    return outcome(fail(message, {Rcode::Refused}, transport, out));
  }
  const Question question(query);
  const Hit hit = cache_.find(question, std::chrono::steady_clock::now());
  if (!hit.settled) return {Next::Resolve};
  if (hit.renew) resolver_.renew(question);
  counts_.cache_hits.add(1);
  if (hit.given.stale) counts_.stale.add(1);
  return outcome(give(query, *hit.response, hit.given, transport, out, keepalive_));
}

void Responder::resolve(std::span<const std::uint8_t> message, const ClientAddress& client,
                        Transport transport, Deliver deliver) {
  Query query;
  parse(message, query);
  const auto complete = [this, copy = std::vector<std::uint8_t>(message.begin(), message.end()),
                         transport, deliver = std::move(deliver)](const Resolved& resolved) {
    Query again;
    parse(copy, again);
    const Answer answer = resolved.response ? give(again, *resolved.response, resolved.given,
                                                   transport, late_answer_, keepalive_)
                                            : fail(copy, resolved.failure, transport, late_answer_);
    outcome(answer);
    deliver({late_answer_.data(), answer.size});
  };
  // The worker doesn't end while someone waits.
  const auto executor =
      asio::prefer(io_.get_executor(), asio::execution::outstanding_work_t::tracked);
  if (!resolver_.has_room()) {
    counts_.limited.add(1);
    return asio::post(executor, [complete] { complete({nullptr, {}, kTooMany}); });
  }
  resolver_.resolve(Question(query), client, [executor, complete](const Resolved& resolved) {
    asio::post(executor, [complete, resolved] { complete(resolved); });
  });
}

}  // namespace dns
