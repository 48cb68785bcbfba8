// Any octets as a query, over UDP and TCP: an answer must be well-formed, carry the query's id, and
// never be longer than its transport allows. ldns reads every one.
#include <cstdlib>
#include <memory>
#include <vector>

#include "dns/answer.h"

// Defines false as a macro, which std's headers don't like before them.
#include <ldns/ldns.h>

namespace {

using namespace dns;

std::shared_ptr<const Zone> make_zone() {
  ZoneSettings settings;
  settings.apexes = {*Name::parse("mesh.local")};
  settings.fallthrough = {*Name::parse("open.mesh.local")};
  ZoneBuilder builder(std::move(settings));
  builder.add_reverse(Ipv4{241, 0, 0, 0}, 8);
  builder.add_reverse(Ipv6{0xfd}, 8);
  const SrvPort ports[] = {{80, false, "http"}, {53, true, "dns"}, {6379, false, "6379"}};
  std::vector<Ipv4> many;
  for (std::uint8_t i = 0; i < 100; ++i) many.push_back({241, 1, 0, i});
  builder.add_host(*Name::parse("redis.svc.mesh.local"), {{{241, 0, 0, 1}}}, {}, ports);
  builder.add_host(*Name::parse("web.svc.mesh.local"), many, {{{0xfd, 1}}}, ports);
  builder.add_host(*Name::parse("a"), {{{241, 0, 0, 1}}}, {}, ports);
  return std::move(builder).build();
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::span<const std::uint8_t> query, std::span<const std::uint8_t> reply) {
  require(reply.size() >= 12);
  require(reply[0] == query[0] && reply[1] == query[1] && (reply[2] & 0x80) != 0);
  ldns_pkt* packet = nullptr;
  require(ldns_wire2pkt(&packet, reply.data(), reply.size()) == LDNS_STATUS_OK);
  ldns_pkt_free(packet);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const Zone> zone = make_zone();
  static std::vector<std::uint8_t> out(kMaxMessage);
  const std::vector<std::uint8_t> query(data, data + size);  // so that a read behind it is seen
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    const std::size_t most = transport == Transport::Udp ? kUdpPayload : kMaxMessage;
    const Answer reply = answer(query, *zone, transport, {out.data(), most}, 100);
    require(reply.size <= most);
    if (reply.verdict == Verdict::Reply) check(query, {out.data(), reply.size});
    if (reply.verdict != Verdict::Forward) continue;
    const Answer failed =
        fail(query, {.ede = Ede::NoReachableAuthority}, transport, {out.data(), most});
    require(failed.verdict == Verdict::Reply && failed.size <= most);
    check(query, {out.data(), failed.size});
  }
  return 0;
}
