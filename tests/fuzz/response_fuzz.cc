// Any octets as an upstream's reply: what is read of it can be given to a client, over UDP and TCP,
// fresh and stale, and is a well-formed reply then. (ldns can't be the judge: a name may point into
// a TTL or the header, which change.)
#include <cstdlib>
#include <vector>

#include "dns/response.h"

namespace {

using namespace dns;

void require(bool holds) {
  if (!holds) std::abort();
}

// The query that the reply would be to, with or without an OPT.
std::vector<std::uint8_t> query_of(std::span<const std::uint8_t> reply, bool edns) {
  std::size_t end = 12;
  while (reply[end] != 0) end += std::size_t{1} + reply[end];
  std::vector<std::uint8_t> query(reply.begin(),
                                  reply.begin() + static_cast<std::ptrdiff_t>(end) + 5);
  query[2] = 1;
  for (const std::size_t i : {3u, 4u, 6u, 7u, 8u, 9u, 10u, 11u}) query[i] = 0;
  query[5] = 1;
  if (!edns) return query;
  query[11] = 1;
  query.insert(query.end(), {0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0});
  return query;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<std::uint8_t> out(kMaxMessage);
  const std::vector<std::uint8_t> reply(data, data + size);  // so that a read behind it is seen
  const auto response = Response::read(reply);
  if (!response) return 0;
  for (const bool edns : {false, true}) {
    const std::vector<std::uint8_t> message = query_of(reply, edns);
    Query query;
    require(parse(message, query) == Parsed::Query);
    match(message, reply);
    for (const bool stale : {false, true}) {
      for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
        const std::size_t most = transport == Transport::Udp ? kUdpPayload : kMaxMessage;
        const Answer given = give(query, *response, {.age = 7, .cached = true, .stale = stale},
                                  transport, {out.data(), most});
        require(given.verdict == Verdict::Reply && given.size <= most);
        require(Response::read({out.data(), given.size}).has_value());
      }
    }
  }
  return 0;
}
