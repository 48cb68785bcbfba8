// The nodes of a zone by their names: an immutable hash table in pages, so that a table with a few
// other nodes shares all pages but theirs with the one it was made from.
//
// A page is one block of memory with some twenty records and a small hash table of them.
// Linear hashing (Litwin 1980) chooses the page: the table grows and shrinks by a page at a time.
// The pages stand in chunks and these in a list, so that a copy of the way to one page is small.
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
  // Of all that Qname::hashes has. A page's tags are its upper half, so that the lower one should
  // be the better.
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
      const Page& page = this->page(at);
      page.each(slots(at), [&](std::uint16_t, std::size_t place) { f(page.host(place)); });
    }
  }

  std::size_t size() const { return size_; }
  std::size_t memory() const;  // bytes

 private:
  // How a page's slots are to be read. It stands beside the pointer to the page, so that a lookup
  // needs no line of the page but that of its slot.
  struct Slots {
    std::uint8_t bits : 7 = 0;  // the number of slots is a power of two
    bool wide : 1 = false;      // slots of 64 bits: the page is larger than 256 KiB
  };
  // Behind it: open addressing with linear probing, the slots chosen by the tag's upper bits; then
  // the records. The upper half of a slot is the tag, the lower one the distance of its record from
  // the page's first octet, in units of 4 octets; 0 is a free slot.
  struct Page : Shared<Page> {
    std::uint32_t bytes = 0;  // of all
    std::uint32_t count = 0;

    const std::uint8_t* base() const { return reinterpret_cast<const std::uint8_t*>(this); }
    Host host(std::size_t place) const { return Host(base() + 4 * place); }

    // Calls `f` with the place of each record that has the tag, until it returns true.
    template <typename F>
    void search(Slots slots, std::uint16_t tag, F f) const {
      slots.wide ? search_slots<std::uint64_t>(slots.bits, tag, f)
                 : search_slots<std::uint32_t>(slots.bits, tag, f);
    }
    // Calls `f` with the tag and the place of each record.
    template <typename F>
    void each(Slots slots, F f) const {
      slots.wide ? each_slot<std::uint64_t>(slots.bits, f)
                 : each_slot<std::uint32_t>(slots.bits, f);
    }

   private:
    template <typename Slot, typename F>
    void search_slots(unsigned bits, std::uint16_t tag, F f) const {
      const std::size_t mask = (std::size_t{1} << bits) - 1;
      for (std::size_t at = first_slot(tag, bits);; at = (at + 1) & mask) {
        const auto slot = load<Slot>(at);
        if (slot == 0) return;
        if (upper(slot) == tag && f(lower(slot))) return;
      }
    }
    template <typename Slot, typename F>
    void each_slot(unsigned bits, F f) const {
      for (std::size_t at = 0; at < std::size_t{1} << bits; ++at) {
        const auto slot = load<Slot>(at);
        if (slot != 0) f(static_cast<std::uint16_t>(upper(slot)), lower(slot));
      }
    }
    template <typename Slot>
    Slot load(std::size_t at) const {
      Slot slot;
      std::memcpy(&slot, base() + sizeof(Page) + at * sizeof slot, sizeof slot);
      return slot;
    }
    template <typename Slot>
    static std::size_t upper(Slot slot) {
      return static_cast<std::size_t>(slot >> 4 * sizeof slot);
    }
    template <typename Slot>
    static std::size_t lower(Slot slot) {
      return static_cast<std::size_t>(slot & ((Slot{1} << 4 * sizeof slot) - 1));
    }
  };
  static constexpr std::uint32_t kFan = 256;
  struct Chunk : Shared<Chunk> {
    std::array<boost::intrusive_ptr<const Page>, kFan> pages;
    std::array<Slots, kFan> slots;
  };
  struct PageRef {
    boost::intrusive_ptr<const Page> page = nullptr;
    Slots slots = {};
  };

  static std::size_t first_slot(std::uint16_t tag, unsigned bits) {
    return (std::size_t{tag} << bits) >> 16;
  }
  static std::uint16_t tag(std::uint32_t hash) { return static_cast<std::uint16_t>(hash >> 16); }
  // Of `pages`, the page of a hash.
  static std::uint32_t index(std::uint32_t hash, std::uint32_t pages, std::uint32_t mask) {
    const std::uint32_t at = hash & mask;
    return at < pages ? at : at & mask >> 1;
  }
  const Page& page(std::uint32_t at) const { return *chunks_[at / kFan]->pages[at % kFan]; }
  Slots slots(std::uint32_t at) const { return chunks_[at / kFan]->slots[at % kFan]; }
  // Calls `f` with each Host of the tag in the page of the hash, until it returns true.
  template <typename F>
  void search(std::uint32_t hash, F f) const {
    const std::uint32_t at = index(hash, pages_, mask_);
    const Page& page = this->page(at);
    page.search(slots(at), tag(hash), [&](std::size_t place) { return f(page.host(place)); });
  }

  template <typename Slot>
  static void fill_page(Page& page, unsigned bits, std::span<const Node> nodes);
  static PageRef make_page(std::span<const Node> nodes);
  Chunk& own_chunk(std::uint32_t at);
  void put(std::uint32_t at, PageRef page);
  void set_pages(std::uint32_t pages);
  void edit_page(std::uint32_t at, std::span<const Edit> edits);
  void append_nodes(std::uint32_t at, std::vector<Node>& nodes,
                    std::span<const std::size_t> but = {}) const;
  void split();
  void join();

  std::uint32_t pages_ = 0;
  std::uint32_t mask_ = 0;  // bit_ceil(pages_) - 1
  std::size_t size_ = 0;
  std::size_t page_bytes_ = 0;
  std::vector<boost::intrusive_ptr<Chunk>> chunks_;
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
