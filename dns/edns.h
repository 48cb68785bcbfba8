// The OPT record of our replies (RFC 6891), and how much a client takes. Pure. Internal to the
// folder, but for what answer.h needs of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dns/query.h"

namespace dns {

class Writer;

enum class Transport : std::uint8_t { Udp, Tcp };

// EDNS(0) UDP payload that we send at most and advertise, bytes (the DNS flag day's).
inline constexpr std::size_t kUdpPayload = 1232;
// The largest message, over TCP, bytes (RFC 1035, 4.2.2).
inline constexpr std::size_t kMaxMessage = 65535;

// Extended DNS error codes that we give (RFC 8914, 5.2).
enum class Ede : std::uint16_t {
  Other = 0,
  StaleAnswer = 3,
  CachedError = 13,
  NotReady = 14,
  Prohibited = 18,
  StaleNxDomain = 19,
  NoReachableAuthority = 22,
};

// What an OPT carries besides the fixed part.
struct OptContent {
  std::uint16_t keepalive = 0;  // 100 ms (RFC 7828); 0: none
  std::optional<Ede> ede;
  std::string_view text = {};  // EXTRA-TEXT of `ede`
};

// Octets of the OPT that the query is due; 0 if it has none itself.
std::size_t opt_size(const Query& query, const OptContent& content);
// REQUIRES: the query has an OPT, and opt_size() octets fit.
void write_opt(Writer& writer, const Query& query, Rcode rcode, const OptContent& content);

// Octets that the client takes over its transport.
std::size_t max_reply(const Query& query, Transport transport);

}  // namespace dns
