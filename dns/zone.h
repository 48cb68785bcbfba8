// The names that we answer for ourselves: an immutable table from owner names to addresses and
// ports, with the apexes and negative TTLs that make its "no" a proper one.
//
// Built once by a ZoneBuilder, then shared by all workers and never changed: reading it takes no
// lock and writes to nothing. It may hold several DNS zones (mesh.local, 241.in-addr.arpa, ...).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/name.h"

namespace dns {

using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;

struct SrvPort {
  std::uint16_t port = 0;
  bool udp = false;
  std::string name;  // the label behind the underscore: "http" in _http._tcp
  friend bool operator==(const SrvPort&, const SrvPort&) = default;
};

struct ZoneSettings {
  std::vector<Name> apexes;       // the DNS zones we are authoritative for; inner ones are merged
  std::vector<Name> fallthrough;  // unknown names in these are not ours
  std::uint32_t ttl = 30;         // s
  std::uint32_t negative_ttl = 5;  // s, SOA MINIMUM
  std::uint32_t serial = 1;
  std::uint32_t max_addresses = 24;  // of one RRset in an answer
  // False: the sources haven't been read. All names in our zones are SERVFAIL, EDE 14 (Not Ready).
  bool ready = true;
};

class Zone;

// Collects hosts and builds the table. Owned by one thread; used once.
class ZoneBuilder {
 public:
  explicit ZoneBuilder(ZoneSettings settings);

  // A hostname with its addresses and ports. A name outside all apexes becomes an apex of its own,
  // alone: neither the names above it nor those below it (but _port._proto) are ours. Adding a
  // name twice keeps the first.
  void add_host(const Name& owner, std::span<const Ipv4> v4, std::span<const Ipv6> v6,
                std::span<const SrvPort> ports);
  // The reverse of an address range is ours: the zones under in-addr.arpa and ip6.arpa that cover
  // it, cut at octets (nibbles), are apexes. Every added host has a PTR, in a range or not.
  void add_reverse(const Ipv4& first, unsigned length);
  void add_reverse(const Ipv6& first, unsigned length);

  std::shared_ptr<const Zone> build() &&;
};

class Zone {
 public:
  // The name's addresses, or nothing; for `explain` and tests.
  // (The module decides what answer() reads.)

  std::size_t hosts() const;
  std::size_t memory() const;  // bytes
  const ZoneSettings& settings() const;  // with the merged apexes
};

}  // namespace dns
