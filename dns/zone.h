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
#include "dns/query.h"
#include "dns/reverse.h"

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
  std::vector<Name> apexes;        // the DNS zones we are authoritative for; inner ones are merged
  std::vector<Name> fallthrough;   // unknown names in these are not ours
  std::uint32_t ttl = 30;          // s
  std::uint32_t negative_ttl = 5;  // s, SOA MINIMUM
  std::uint32_t serial = 1;
  std::uint32_t max_addresses = 24;  // of one RRset in an answer
  // False: addresses outside the ranges of add_reverse() have no PTR here, since they are somebody
  // else's, who may have one.
  bool pointers_outside_ranges = true;
  // False: A and AAAA of names of one label that aren't ours do not exist. They are meant for a
  // search list or a local network, and nobody else may learn of them.
  bool forward_single_labels = true;
  // False: the sources haven't been read. All names in our zones are SERVFAIL, EDE 14 (Not Ready).
  bool ready = true;
};

// A name's record as it lies in the table. Views into the Zone.
class Host {
 public:
  Host() = default;
  explicit Host(const std::uint8_t* record) : record_(record) {}

  std::size_t v4_count() const { return u16(0); }
  std::size_t v6_count() const { return u16(2); }
  std::size_t port_count() const { return u16(4); }
  const std::uint8_t* v4(std::size_t i) const { return record_ + kFixed + 4 * i; }
  const std::uint8_t* v6(std::size_t i) const { return v4(v4_count()) + 16 * i; }
  std::string_view owner() const {  // wire format
    return {reinterpret_cast<const char*>(v6(v6_count())), record_[6]};
  }

  struct Port {
    std::uint16_t port;
    bool udp;
    std::string_view name;
  };
  // Calls `f` with each port until it returns true; then returns true.
  template <typename F>
  bool any_port(F f) const {
    const std::uint8_t* at = v6(v6_count()) + record_[6];
    for (std::size_t left = port_count(); left > 0; --left, at += 4 + at[3]) {
      const Port port{static_cast<std::uint16_t>(at[0] << 8 | at[1]),
                      at[2] != 0,
                      {reinterpret_cast<const char*>(at) + 4, at[3]}};
      if (f(port)) return true;
    }
    return false;
  }

 private:
  friend class Zone;
  friend class ZoneBuilder;
  // The numbers of IPv4 addresses, of IPv6 addresses and of ports (16 bits each), the size of the
  // owner and the flags (8 bits each); then all these, one behind the other. A port is its number
  // in network order, 1 for UDP, the size of its name and its name.
  static constexpr std::size_t kFixed = 8;
  enum Flags : std::uint8_t { kHost = 1, kApex = 2 };

  std::uint16_t u16(std::size_t at) const {
    return static_cast<std::uint16_t>(record_[at] | record_[at + 1] << 8);
  }
  bool is(Flags flag) const { return record_ != nullptr && (record_[7] & flag) != 0; }

  const std::uint8_t* record_ = nullptr;
};

// What a qname is to us.
struct Found {
  enum class What : std::uint8_t {
    NotOurs,
    NotReady,  // in a zone of ours, whose content isn't known yet
    NxDomain,
    Empty,    // an empty non-terminal, or an apex: it exists, and has neither address nor port
    Host,     // `host` is its record
    Service,  // _port._proto of `host`
    Pointer,  // the reverse of an address; `pointers` are its hostnames
  };
  What what = What::NotOurs;
  // The label of the qname where its zone's apex begins. Of a Host it isn't looked up, since most
  // answers don't need it: Zone::apex_of_host() does.
  std::uint8_t apex = 0;
  Host host;
  std::span<const Reverse::Entry> pointers = {};
};

class Zone;

// Collects hosts and builds the table. Owned by one thread; used once.
class ZoneBuilder {
 public:
  explicit ZoneBuilder(ZoneSettings settings);
  ~ZoneBuilder();

  // A hostname with its addresses and ports. A name outside all apexes becomes an apex of its own,
  // alone: neither the names above it nor those below it (but _port._proto) are ours. Adding a
  // name twice keeps the first. Port names that are no label with an underscore before them have
  // no SRV.
  void add_host(const Name& owner, std::span<const Ipv4> v4, std::span<const Ipv6> v6,
                std::span<const SrvPort> ports);
  // The reverse of an address range is ours: the zones under in-addr.arpa and ip6.arpa that cover
  // it, cut at octets (nibbles), are apexes. Every added host has a PTR, outside the ranges as
  // ZoneSettings say. REQUIRES: ranges are added before hosts.
  void add_reverse(const Ipv4& first, unsigned length);
  void add_reverse(const Ipv6& first, unsigned length);

  std::shared_ptr<const Zone> build() &&;

 private:
  std::unique_ptr<Zone> zone_;
};

class Zone {
 public:
  Found find(const Qname& qname) const;
  // REQUIRES: find() says that it is a Host.
  std::uint8_t apex_of_host(const Qname& qname) const;
  // The host of an entry of Found::pointers.
  Host host(const Reverse::Entry& entry) const { return Host(at(entry.record)); }

  std::size_t hosts() const { return hosts_; }
  std::size_t memory() const;                                 // bytes
  const ZoneSettings& settings() const { return settings_; }  // with the merged apexes

 private:
  friend class ZoneBuilder;
  Zone() = default;

  const std::uint8_t* at(std::uint32_t record) const { return records_.data() + 4ul * record; }
  std::size_t slot(const Qname& qname, std::size_t label) const;
  Host node(const Qname& qname, std::size_t label) const;
  Found find_reverse(const Qname& qname, const Reverse& reverse) const;
  Found find_host(const Qname& qname) const;
  bool find_service(const Qname& qname, Found& found) const;
  bool find_apex(const Qname& qname, Found& found) const;
  bool falls_through(const Qname& qname) const;

  std::uint32_t append(std::string_view owner, std::span<const Ipv4> v4, std::span<const Ipv6> v6,
                       std::span<const SrvPort> ports, std::uint8_t flags);
  void put(const Qname& qname, std::size_t label, std::uint32_t record);
  void grow();

  ZoneSettings settings_;
  // Records, each beginning at a multiple of 4 octets; a record's number is that multiple.
  std::vector<std::uint8_t> records_;
  // Open addressing with linear probing. The upper half of a slot is a part of the name's hash, so
  // that a name that isn't there seldom touches a record; the lower is the record's number plus
  // one, 0 for a free slot. The number of slots is a power of two.
  std::vector<std::uint64_t> slots_;
  std::size_t nodes_ = 0;
  std::size_t hosts_ = 0;
  Reverse reverse4_{4};
  Reverse reverse6_{16};
};

}  // namespace dns
