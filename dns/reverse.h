// The reverse of addresses: which of them are ours, and where their hostnames are.
//
// PTR owners are not stored as names. A qname under in-addr.arpa or ip6.arpa is read as an address,
// or the beginning of one, and looked up in a sorted list: half the memory of a table of names, and
// the empty non-terminals come for free.
//
// One Reverse for IPv4 (labels are octets) and one for IPv6 (labels are nibbles). Filled, then
// sealed, then immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dns/query.h"

namespace dns {

class Reverse {
 public:
  // `octets`: of an address, 4 or 16.
  explicit Reverse(std::size_t octets) : octets_(octets) {}

  using Address = std::array<std::uint8_t, 16>;  // IPv4 in the first four, the rest zero

  // One hostname of an address: where its record is.
  struct Entry {
    Address address;
    std::uint32_t record;
  };

  void add(const Address& address, std::uint32_t record) { entries_.push_back({address, record}); }
  // The addresses that share `length` bits with `first` are ours.
  void add_range(const Address& first, unsigned length);
  // Whether a range holds the address.
  bool covers(const Address& address) const;
  // Sorts; to be called once, before find().
  void seal();

  struct Found {
    enum class What : std::uint8_t { NotOurs, NxDomain, Empty, Pointer };
    What what = What::NotOurs;
    std::uint8_t apex = 0;                // the label where the apex begins
    std::span<const Entry> entries = {};  // Pointer: all of the address
  };

  // REQUIRES: `qname` is in suffix().
  Found find(const Qname& qname) const;

  // "in-addr.arpa" or "ip6.arpa", wire format.
  std::string_view suffix() const;
  // The apexes of all ranges, each cut at a label.
  std::vector<Name> apexes() const;

  std::size_t memory() const;  // bytes

 private:
  struct Range {
    Address first;
    unsigned labels;  // of its apexes, without suffix(): the range's length rounded up to a label
    unsigned length;  // bits
  };
  struct Prefix;

  unsigned label_bits() const { return octets_ == 4 ? 8 : 4; }
  unsigned address_labels() const { return static_cast<unsigned>(octets_) * 8 / label_bits(); }
  Prefix parse(const Qname& qname) const;
  const Range* range_of(const Prefix& prefix) const;
  std::span<const Entry> below(const Prefix& prefix) const;
  std::string name_of(const Address& address, unsigned labels) const;

  std::size_t octets_;
  std::vector<Range> ranges_;
  std::vector<Entry> entries_;
};

}  // namespace dns
