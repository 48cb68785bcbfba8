// The nodes of a zone by their names: an immutable hash table in pages, so that a table with a few
// other nodes shares all pages but theirs with the one it was made from.
//
// Some twenty records are a page, one block of memory. Linear hashing (Litwin 1980) chooses the
// page: the table grows and shrinks by a page at a time. A hundred pages are a chunk, which has a
// small hash table of each page's records: a name that isn't there costs a line of these, one that
// is the page's address and its record besides. What a change copies is its page, its chunk and the
// list of chunks.
//
// A NodeTable is a value, cheap to copy. Reading takes no lock and writes to nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "dns/host.h"
#include "dns/shared.h"

namespace dns {

class NodeTable {
 public:
  // The part of a Qname's hash that the table uses: the lower bits choose the page, the upper 16
  // are the tag.
  static std::uint32_t hash_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  static std::uint32_t hash_of(std::string_view owner);  // wire format

  struct Node {
    std::uint32_t hash = 0;
    std::uint32_t size = 0;                // of the record, a multiple of 4 octets
    const std::uint8_t* record = nullptr;  // see dns/host.h
  };
  // A node's record in place of that of the same owner, if there is one.
  struct Edit {
    Node node;  // without a record: it is removed
    std::string_view owner;
  };

  NodeTable();  // without nodes
  // Copies the records. REQUIRES: no owner twice.
  explicit NodeTable(std::span<const Node> nodes);
  // Sorts the edits. REQUIRES: no owner twice.
  NodeTable with(std::span<Edit> edits) const;

  // None if there is no such node.
  Host find(std::uint64_t hash, std::string_view owner) const;
  // Calls `f` with the nodes whose hash may be this one: those whose hash it is, and perhaps
  // others.
  template <typename F>
  void each_candidate(std::uint32_t hash, F f) const {
    search(hash, [&](const Host& host) {
      f(host);
      return false;
    });
  }
  template <typename F>
  void each(F f) const {
    for (std::uint32_t at = 0; at < pages_; ++at) {
      const Chunk& chunk = this->chunk(at);
      const Page& page = *chunk.pages[at % kFan];
      chunk.each(at % kFan, [&](std::uint16_t, std::size_t place) { f(page.host(place)); });
    }
  }

  std::size_t size() const { return size_; }
  std::size_t memory() const;  // bytes

 private:
  // Where a page's slots are: open addressing with linear probing. The upper half of a slot is the
  // tag of a record, whose upper bits choose the slot; the lower half is the distance of the record
  // from the page's first octet, in units of 4 octets. 0 is a free slot.
  struct Slots {
    std::uint32_t begin : 24 = 0;  // among the chunk's
    std::uint32_t bits : 7 = 0;    // there are two to the power of this
    bool wide : 1 = false;  // the page is too large for slots of 32 bits: it begins with wider ones
  };
  // Behind it: its slots if it is wide; the records.
  struct Page : Shared<Page> {
    std::uint32_t bytes = 0;  // of all
    std::uint32_t count = 0;

    const std::uint8_t* base() const { return reinterpret_cast<const std::uint8_t*>(this); }
    const std::uint8_t* wide_slots() const { return base() + sizeof(Page); }
    Host host(std::size_t place) const { return Host(base() + 4 * place); }
  };
  static constexpr std::uint32_t kFan = 128;
  // Behind it: the slots of all pages but wide ones.
  struct Chunk : Shared<Chunk> {
    std::size_t bytes = 0;  // of all
    std::array<boost::intrusive_ptr<const Page>, kFan> pages;
    std::array<Slots, kFan> slots;

    const std::uint8_t* slots_of(std::uint32_t i) const {
      return reinterpret_cast<const std::uint8_t*>(this + 1) + kSlot * slots[i].begin;
    }
    // Calls `f` with the place of each record of a page that has the tag, until it returns true.
    template <typename F>
    void search(std::uint32_t i, std::uint16_t tag, F f) const {
      slots[i].wide ? search_slots<std::uint64_t>(pages[i]->wide_slots(), slots[i].bits, tag, f)
                    : search_slots<std::uint32_t>(slots_of(i), slots[i].bits, tag, f);
    }
    // Calls `f` with the tag and the place of each record of a page.
    template <typename F>
    void each(std::uint32_t i, F f) const {
      slots[i].wide ? each_slot<std::uint64_t>(pages[i]->wide_slots(), slots[i].bits, f)
                    : each_slot<std::uint32_t>(slots_of(i), slots[i].bits, f);
    }
  };
  static constexpr std::size_t kSlot = sizeof(std::uint32_t);
  // What takes a page's place.
  struct NewPage {
    std::uint32_t at = 0;
    boost::intrusive_ptr<const Page> page = nullptr;  // none: it is taken away
    Slots slots = {};
    std::vector<std::uint32_t> slot_values = {};  // unless it is wide
  };

  template <typename Slot>
  static Slot load(const std::uint8_t* slots, std::size_t at) {
    Slot slot;
    std::memcpy(&slot, slots + at * sizeof slot, sizeof slot);
    return slot;
  }
  template <typename Slot>
  static std::uint16_t tag_of(Slot slot) {
    return static_cast<std::uint16_t>(slot >> 4 * sizeof slot);
  }
  template <typename Slot>
  static std::size_t place_of(Slot slot) {
    return static_cast<std::size_t>(slot & ((Slot{1} << 4 * sizeof slot) - 1));
  }
  template <typename Slot, typename F>
  static void search_slots(const std::uint8_t* slots, unsigned bits, std::uint16_t tag, F f) {
    const std::size_t mask = (std::size_t{1} << bits) - 1;
    for (std::size_t at = first_slot(tag, bits);; at = (at + 1) & mask) {
      const auto slot = load<Slot>(slots, at);
      if (slot == 0) return;
      if (tag_of(slot) == tag && f(place_of(slot))) return;
    }
  }
  template <typename Slot, typename F>
  static void each_slot(const std::uint8_t* slots, unsigned bits, F f) {
    for (std::size_t at = 0; at < std::size_t{1} << bits; ++at) {
      const auto slot = load<Slot>(slots, at);
      if (slot != 0) f(tag_of(slot), place_of(slot));
    }
  }
  static std::size_t first_slot(std::uint16_t tag, unsigned bits) {
    return (std::size_t{tag} << bits) >> 16;
  }
  static std::uint16_t tag(std::uint32_t hash) { return static_cast<std::uint16_t>(hash >> 16); }
  // Of `pages`, the page of a hash.
  static std::uint32_t index(std::uint32_t hash, std::uint32_t pages, std::uint32_t mask) {
    const std::uint32_t at = hash & mask;
    return at < pages ? at : at & mask >> 1;
  }
  const Chunk& chunk(std::uint32_t at) const { return *chunks_[at / kFan]; }
  // Calls `f` with each Host of the tag in the page of the hash, until it returns true.
  template <typename F>
  void search(std::uint32_t hash, F f) const {
    const std::uint32_t at = index(hash, pages_, mask_);
    const Chunk& chunk = this->chunk(at);
    chunk.search(at % kFan, tag(hash),
                 [&](std::size_t place) { return f(chunk.pages[at % kFan]->host(place)); });
  }

  template <typename Slot>
  static void fill(Page& page, std::size_t place, std::span<Slot> slots,
                   std::span<const Node> nodes);
  static NewPage make_page(std::uint32_t at, std::span<const Node> nodes);
  static boost::intrusive_ptr<const Chunk> make_chunk(const Chunk* old,
                                                      std::span<const NewPage> pages);
  void put(std::span<const NewPage> pages);
  void set_pages(std::uint32_t pages);
  NewPage edited_page(std::uint32_t at, std::span<const Edit> edits) const;
  void append_nodes(std::uint32_t at, std::vector<Node>& nodes,
                    std::span<const std::size_t> but = {}) const;
  void split();
  void join();

  std::uint32_t pages_ = 0;
  std::uint32_t mask_ = 0;  // bit_ceil(pages_) - 1
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;  // of all pages and chunks
  std::vector<boost::intrusive_ptr<const Chunk>> chunks_;
};

inline Host NodeTable::find(std::uint64_t hash, std::string_view owner) const {
  Host found;
  search(hash_of(hash), [&](const Host& host) {
    if (host.owner() != owner) return false;
    found = host;
    return true;
  });
  return found;
}

}  // namespace dns
