// Answers one query from one zone: a pure function, without I/O, clock, allocation or state.
//
// Used by the UDP loop, the TCP session, `explain`, the benchmark and the fuzzer alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dns/zone.h"

namespace dns {

enum class Transport : std::uint8_t { Udp, Tcp };

enum class Verdict : std::uint8_t {
  Reply,    // `size` bytes of `out` are the answer
  Forward,  // the query is well-formed and not ours; `out` is untouched
  Drop,     // no answer is due: a response, or fewer than 12 bytes
};

struct Answer {
  Verdict verdict = Verdict::Drop;
  std::size_t size = 0;  // bytes written to `out`, for Reply
};

// EDNS(0) UDP payload that we send at most and advertise, bytes (the DNS flag day's).
inline constexpr std::size_t kUdpPayload = 1232;
// The largest message, over TCP, bytes (RFC 1035, 4.2.2).
inline constexpr std::size_t kMaxMessage = 65535;

// Answers `query` from `zone` alone; names that are not in it and are special (dns/special.h) need
// no zone. REQUIRES: `out` holds kUdpPayload bytes for UDP, kMaxMessage for TCP, and doesn't
// overlap `query`.
//
// Which of a name's addresses come first changes with the query's id, which stub resolvers draw
// at random: so answers rotate without a counter that workers would share.
//
// `keepalive` is the idle timeout that edns-tcp-keepalive announces over TCP, in units of 100 ms
// (RFC 7828); 0: never announced.
Answer answer(std::span<const std::uint8_t> query, const Zone& zone, Transport transport,
              std::span<std::uint8_t> out, std::uint16_t keepalive = 0);

// Extended DNS error codes that we give (RFC 8914, 5.2).
enum class Ede : std::uint16_t { NotReady = 14, Prohibited = 18, NotAuthoritative = 20 };

// REFUSED with an extended error, for a query whose verdict is Forward or whose client isn't
// allowed. Drop and FORMERR as answer() does.
Answer refuse(std::span<const std::uint8_t> query, Ede why, Transport transport,
              std::span<std::uint8_t> out);

}  // namespace dns
