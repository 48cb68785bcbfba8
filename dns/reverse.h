// The reverse of addresses: which of them are ours, and which hosts have them.
//
// PTR owners are not stored as names. A qname under in-addr.arpa or ip6.arpa is read as an address,
// or the beginning of one, and looked up in a sorted list, which has 8 bytes for each hostname of
// an IPv4 address and 20 for one of an IPv6 address. The empty non-terminals come for free. The
// list is cut into chunks, so that a Reverse with a few other addresses shares all chunks but
// theirs with the one it was made from.
//
// One Reverse for IPv4 (labels are octets) and one for IPv6 (labels are nibbles). A value, cheap to
// copy; reading takes no lock and writes to nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dns/query.h"
#include "dns/shared.h"

namespace dns {

class Reverse {
 public:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 in the first four, the rest zero

  // The hosts of one address, each as the hash of its owner (NodeTable::hash_of()). Two hosts may
  // have the same. Valid as long as the Reverse.
  class Hosts {
   public:
    Hosts() = default;
    Hosts(const std::uint8_t* first, std::size_t count, std::size_t octets)
        : first_(first), count_(count), octets_(octets) {}

    std::size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    const std::uint8_t* address() const { return first_; }
    std::size_t octets() const { return octets_; }  // of the address
    std::uint32_t hash(std::size_t i) const {
      std::uint32_t hash;
      std::memcpy(&hash, first_ + i * (octets_ + sizeof hash) + octets_, sizeof hash);
      return hash;
    }

   private:
    const std::uint8_t* first_ = nullptr;
    std::size_t count_ = 0;
    std::size_t octets_ = 0;
  };

  struct Entry {
    Address address{};
    std::uint32_t hash = 0;
  };
  // All hosts that an address has now, in the order in which they are answered.
  struct Edit {
    Address address{};
    std::vector<std::uint32_t> hashes;
  };

  // `octets`: of an address, 4 or 16.
  explicit Reverse(std::size_t octets);

  // The addresses that share `length` bits with `first` are ours.
  void add_range(const Address& first, unsigned length);
  // Whether a range holds the address.
  bool covers(const Address& address) const;
  // Takes the place of all entries. REQUIRES: sorted by address.
  void fill(std::span<const Entry> entries);
  Reverse without_hosts() const;
  // REQUIRES: sorted by address, no address twice.
  Reverse with(std::span<const Edit> edits) const;

  struct Found {
    enum class What : std::uint8_t { NotOurs, NxDomain, Empty, Pointer };
    What what = What::NotOurs;
    std::uint8_t apex = 0;  // the label where the apex begins
    Hosts hosts = {};       // Pointer: all of the address
  };

  // REQUIRES: `qname` is in suffix().
  Found find(const Qname& qname) const;
  Hosts find(const Address& address) const;

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
  // Behind it: entries, each the octets of the address and the hash. All entries of one address are
  // in one chunk.
  struct Chunk : Shared<Chunk> {
    std::size_t count = 0;
    const std::uint8_t* entries() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
    std::uint8_t* entries() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  };
  struct Chunks {
    std::vector<boost::intrusive_ptr<const Chunk>> chunks;
    std::vector<std::uint8_t> firsts;  // the address that each chunk begins with
    std::size_t bytes = 0;             // of all chunks
  };
  struct Prefix;
  class Cutter;

  unsigned label_bits() const { return octets_ == 4 ? 8 : 4; }
  unsigned address_labels() const { return static_cast<unsigned>(octets_) * 8 / label_bits(); }
  std::size_t entry_size() const { return octets_ + sizeof(std::uint32_t); }
  Prefix parse(const Qname& qname) const;
  const Range* range_of(const Prefix& prefix) const;
  std::size_t chunk_of(const Address& address) const;
  const std::uint8_t* lower_bound(const Chunk& chunk, const Address& address) const;
  bool any_below(const Prefix& prefix) const;
  std::string name_of(const Address& address, unsigned labels) const;

  std::size_t octets_;
  std::vector<Range> ranges_;  // by length
  std::shared_ptr<const Chunks> chunks_;
};

}  // namespace dns
