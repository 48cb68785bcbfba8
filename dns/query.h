// A query as the answer needs it: the question, and of EDNS what changes the answer.
//
// Plain values on the stack of one answer; parsing allocates nothing and trusts no length.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dns/name.h"

namespace dns {

// RR types that we answer or refuse (IANA's numbers).
enum class Type : std::uint16_t {
  A = 1,
  NS = 2,
  SOA = 6,
  PTR = 12,
  AAAA = 28,
  SRV = 33,
  OPT = 41,
  TKEY = 249,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  ANY = 255,
};

inline constexpr std::uint16_t kClassIn = 1;

enum class Rcode : std::uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NxDomain = 3,
  NotImp = 4,
  Refused = 5,
  BadVers = 16,  // RFC 6891, 9
};

// A name prepared for lookup: lowered, cut into labels, with a hash of each suffix.
struct Qname {
  // The hash reads whole words: up to 7 octets behind the name, which are zero.
  std::array<std::uint8_t, Name::kMaxWire + 8> wire;
  std::array<std::uint8_t, 128> starts;   // where each label begins, the root's last
  std::array<std::uint64_t, 128> hashes;  // of the suffix that begins at that label
  std::uint8_t labels = 0;                // without the root's
  std::uint8_t size = 0;                  // octets

  // Lowers `name`, uncompressed wire format. REQUIRES: complete and valid.
  void assign(const std::uint8_t* name, std::size_t octets);

  // The suffix that begins at label `i`, as wire format.
  std::string_view suffix(std::size_t i) const {
    return {reinterpret_cast<const char*>(wire.data()) + starts[i],
            static_cast<std::size_t>(size - starts[i])};
  }
  // The text of label `i`, without its length.
  std::string_view label(std::size_t i) const {
    return {reinterpret_cast<const char*>(wire.data()) + starts[i] + 1, wire[starts[i]]};
  }
};

struct Edns {
  bool present = false;
  std::uint8_t version = 0;
  bool dnssec_ok = false;     // DO, echoed (RFC 3225, 3)
  bool keepalive = false;     // edns-tcp-keepalive was asked for (RFC 7828)
  std::uint16_t payload = 0;  // octets that the client takes over UDP
};

struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;  // the header's second word, as sent
  std::uint16_t qtype = 0;
  std::uint16_t qclass = 0;
  std::span<const std::uint8_t> question;  // as sent, case and all
  Qname qname;
  Edns edns;

  std::uint8_t opcode() const { return flags >> 11 & 0xf; }
};

enum class Parsed : std::uint8_t {
  Query,
  Silence,  // a response, or fewer octets than a header
  NotImp,   // an opcode other than QUERY; only id and flags are set
  FormErr,  // only id and flags are set
};

// Reads a message into `query`. Records other than OPT are ignored, but must be well-formed.
Parsed parse(std::span<const std::uint8_t> message, Query& query);

}  // namespace dns
