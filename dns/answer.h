// Answers one query from one zone: a pure function, without I/O, clock, allocation or state.
//
// Used by the UDP loop, the TCP session, `explain`, the benchmark and the fuzzer alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dns/edns.h"
#include "dns/zone.h"

namespace dns {

enum class Verdict : std::uint8_t {
  Reply,    // `size` bytes of `out` are the answer
  Forward,  // the query is well-formed and not ours; `out` is untouched
  Drop,     // no answer is due: a response, or fewer than 12 bytes
};

struct Answer {
  Verdict verdict = Verdict::Drop;
  std::size_t size = 0;          // bytes written to `out`, for Reply
  Rcode rcode = Rcode::NoError;  // of the reply, the bits in its OPT included
  std::uint16_t qtype = 0;       // 0 where the question can't be told
};

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

// Why a query has no better answer.
struct Failure {
  Rcode rcode = Rcode::ServFail;
  std::optional<Ede> ede;
  std::string_view text = {};  // for people, with the extended error; a few words
};

// An answer that says why there is none, for a query whose verdict is Forward or whose client isn't
// allowed. Drop and FORMERR as answer() does.
Answer fail(std::span<const std::uint8_t> query, const Failure& failure, Transport transport,
            std::span<std::uint8_t> out);

}  // namespace dns
