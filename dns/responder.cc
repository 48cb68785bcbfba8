#include "dns/responder.h"

#include <cstring>

namespace dns {
namespace {

bool contains(const ClientPrefix& prefix, const ClientAddress& client) {
  const unsigned octets = prefix.length / 8;
  const unsigned bits = prefix.length % 8;
  if (std::memcmp(prefix.first.data(), client.data(), octets) != 0) return false;
  return bits == 0 || (prefix.first[octets] ^ client[octets]) >> (8 - bits) == 0;
}

}  // namespace

bool Responder::allows(const ClientAddress& client) const {
  return std::ranges::any_of(allow_,
                             [&](const ClientPrefix& prefix) { return contains(prefix, client); });
}

std::size_t Responder::respond(std::span<const std::uint8_t> query, const ClientAddress& client,
                               Transport transport, std::span<std::uint8_t> out) {
  (transport == Transport::Udp ? counts_.udp_queries : counts_.tcp_queries).add(1);
  const bool allowed = allows(client);
  Answer given = allowed ? answer(query, *zone_, transport, out, keepalive_)
                         : fail(query, {Rcode::Refused, Ede::Prohibited}, transport, out);
  if (given.verdict == Verdict::Forward) {
    given = fail(query, {Rcode::Refused, Ede::NotAuthoritative}, transport, out);
    counts_.refused.add(1);
  } else if (!allowed && given.verdict == Verdict::Reply) {
    counts_.refused.add(1);
  }
  if (given.verdict != Verdict::Reply) {
    counts_.dropped.add(1);
    return 0;
  }
  counts_.replies.add(1);
  return given.size;
}

}  // namespace dns
