// The names that we answer for ourselves: an immutable table from owner names to addresses and
// ports, with the apexes and negative TTLs that make its "no" a proper one.
//
// Built by a ZoneBuilder, or from another Zone by a few changes; then shared by all workers and
// never changed: reading it takes no lock and writes to nothing. It may hold several DNS zones
// (mesh.local, 241.in-addr.arpa, ...).
//
// A Zone made from another shares with it all memory but that of the names and addresses that
// differ, so that publishing a new zone for each change is cheap. What it answers depends on its
// content alone and not on the changes that led there.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dns/host.h"
#include "dns/name.h"
#include "dns/node_table.h"
#include "dns/query.h"
#include "dns/reverse.h"

namespace dns {

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
  Reverse::Hosts pointers = {};
};

// One hostname that is added, replaced or removed.
struct HostChange {
  Name owner;
  std::optional<HostData> host;  // what it has from now on; none: it is removed
};

class Zone {
 public:
  Found find(const Qname& qname) const;
  // REQUIRES: find() says that it is a Host.
  std::uint8_t apex_of_host(const Qname& qname) const;
  // The hosts of Found::pointers, in the order of their names as text.
  Host host(const Reverse::Hosts& pointers, std::size_t i) const;
  // None if `owner` is no hostname, but an empty non-terminal, or doesn't exist.
  Host host(const Name& owner) const;
  // Calls `f` with each Host, in no particular order.
  template <typename F>
  void each_host(F f) const {
    nodes_.each([&](const Host& node) {
      if (node.is(Host::kHost)) f(node);
    });
  }

  std::size_t hosts() const { return hosts_; }
  std::size_t memory() const;                                 // bytes
  const ZoneSettings& settings() const { return settings_; }  // with the merged apexes

  // This zone with other hosts, as ZoneBuilder would build it. Changes are applied in their order;
  // the removal of a name that is no host changes nothing.
  //
  // Work follows the changes, but for the copy of a list that has a pointer for every 3,000 names
  // and one for every 1,000 addresses. A change of an address that many hosts share costs as much
  // as these hosts are. Where a sixteenth of all hosts and more change, the zone is built anew.
  std::shared_ptr<const Zone> with(std::span<const HostChange> changes, std::uint32_t serial) const;
  // The same hosts and address ranges under other settings. Only where apexes or
  // pointers_outside_ranges differ is anything built. `settings` may be those of settings().
  std::shared_ptr<const Zone> rebuilt(ZoneSettings settings) const;

 private:
  friend class ZoneBuilder;
  friend class ZoneEdit;
  Zone() = default;

  std::shared_ptr<const Zone> built_with(std::span<const HostChange> changes,
                                         std::uint32_t serial) const;
  const Reverse& reverse(std::size_t octets) const { return octets == 4 ? reverse4_ : reverse6_; }
  Host node(const Qname& qname, std::size_t label) const {
    return nodes_.find(qname.hashes[label], qname.suffix(label));
  }
  void find_reverse(const Qname& qname, const Reverse& reverse, Found& found) const;
  void find_host(const Qname& qname, Found& found) const;
  bool find_service(const Qname& qname, Found& found) const;
  bool find_apex(const Qname& qname, Found& found) const;
  bool falls_through(const Qname& qname) const;

  ZoneSettings settings_;
  // How many labels apexes have: other suffixes of a qname aren't looked up for its apex.
  std::bitset<128> apex_labels_;
  std::size_t name_apexes_ = 0;  // the first of settings_.apexes; those behind are of the reverse
  std::size_t hosts_ = 0;
  // Hosts, apexes, and the empty non-terminals between them.
  NodeTable nodes_;
  Reverse reverse4_{4};
  Reverse reverse6_{16};
};

// Collects hosts and builds a Zone of them. Owned by one thread; used once.
class ZoneBuilder {
 public:
  explicit ZoneBuilder(ZoneSettings settings);
  ZoneBuilder(ZoneBuilder&&) noexcept;
  ~ZoneBuilder();

  // A hostname with its addresses and ports. A name outside all apexes becomes an apex of its own,
  // alone: neither the names above it nor those below it (but _port._proto) are ours. Adding a
  // name twice keeps the first. Port names that are no label with an underscore before them have
  // no SRV.
  void add_host(const Name& owner, std::span<const Ipv4> v4, std::span<const Ipv6> v6,
                std::span<const SrvPort> ports);
  // All of another zone, which must outlive the builder.
  void add_hosts(const Zone& zone);
  // The reverse of an address range is ours: the zones under in-addr.arpa and ip6.arpa that cover
  // it, cut at octets (nibbles), are apexes. Every added host has a PTR, outside the ranges as
  // ZoneSettings say.
  void add_reverse(const Ipv4& first, unsigned length);
  void add_reverse(const Ipv6& first, unsigned length);

  std::shared_ptr<const Zone> build() &&;

 private:
  friend class Zone;
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace dns
