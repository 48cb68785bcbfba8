// The nodes of a zone by their names: an immutable hash table in pages, so that a table with a few
// other nodes shares all pages but theirs with the one it was made from.
//
// A page is one block of memory with some twenty records, a tag of each one's hash before them.
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
  // Calls `f` with the nodes whose hash may be this one, among them all whose hash it is.
  template <typename F>
  void each_candidate(std::uint32_t hash, F f) const {
    const Page& page = *page_of(hash);
    page.search(tag(hash), [&](std::uint32_t i) {
      f(page.host(i));
      return false;
    });
  }
  template <typename F>
  void each(F f) const {
    for (std::uint32_t at = 0; at < pages_; ++at) {
      const Page& page = *this->page(at);
      for (std::uint32_t i = 0; i < page.count; ++i) f(page.host(i));
    }
  }

  std::size_t size() const { return size_; }
  std::size_t memory() const;  // bytes

 private:
  // Behind it: a tag of 16 bits for each record, filled up to a multiple of 4 tags; the place of
  // each record as its distance from the page's first octet (32 bits); the records.
  struct Page : Shared<Page> {
    std::uint32_t bytes = 0;  // of all
    std::uint32_t count = 0;

    static std::size_t padded(std::size_t count) { return (count + 3) / 4 * 4; }
    const std::uint8_t* base() const { return reinterpret_cast<const std::uint8_t*>(this); }
    const std::uint8_t* tags() const { return base() + sizeof(Page); }
    const std::uint8_t* places() const { return tags() + 2 * padded(count); }
    std::uint32_t place(std::uint32_t i) const {
      std::uint32_t place;
      std::memcpy(&place, places() + 4 * i, sizeof place);
      return place;
    }
    Host host(std::uint32_t i) const { return Host(base() + place(i)); }
    Node node(std::uint32_t i) const;

    // Calls `f` with the records that may have the tag, until it returns true; then returns true.
    template <typename F>
    bool search(std::uint16_t tag, F f) const {
      constexpr std::uint64_t kOnes = 0x0001000100010001u;
      const std::uint8_t* at = tags();
      for (std::uint32_t first = 0; first < count; first += 4, at += 8) {
        std::uint64_t four;
        std::memcpy(&four, at, sizeof four);
        four ^= tag * kOnes;
        // The lowest tag that becomes zero is found exactly; one above it may be reported falsely.
        for (std::uint64_t zeros = (four - kOnes) & ~four & kOnes << 15; zeros != 0;
             zeros &= zeros - 1) {
          const std::uint32_t i = first + static_cast<std::uint32_t>(std::countr_zero(zeros)) / 16;
          if (i < count && f(i)) return true;
        }
      }
      return false;
    }
  };
  static constexpr std::uint32_t kFan = 256;
  struct Chunk : Shared<Chunk> {
    std::array<boost::intrusive_ptr<const Page>, kFan> pages;
  };

  static std::uint16_t tag(std::uint32_t hash) { return static_cast<std::uint16_t>(hash >> 16); }
  // Of `pages`, the page of a hash.
  static std::uint32_t index(std::uint32_t hash, std::uint32_t pages, std::uint32_t mask) {
    const std::uint32_t at = hash & mask;
    return at < pages ? at : at & mask >> 1;
  }
  const Page* page(std::uint32_t at) const { return chunks_[at / kFan]->pages[at % kFan].get(); }
  const Page* page_of(std::uint32_t hash) const { return page(index(hash, pages_, mask_)); }

  static boost::intrusive_ptr<const Page> make_page(std::span<const Node> nodes);
  Chunk& own_chunk(std::uint32_t at);
  void put(std::uint32_t at, boost::intrusive_ptr<const Page> page);
  void set_pages(std::uint32_t pages);
  void edit_page(std::uint32_t at, std::span<const Edit> edits);
  void append_nodes(std::uint32_t at, std::vector<Node>& nodes) const;
  void split();
  void join();

  std::uint32_t pages_ = 0;
  std::uint32_t mask_ = 0;  // bit_ceil(pages_) - 1
  std::size_t size_ = 0;
  std::size_t page_bytes_ = 0;
  std::vector<boost::intrusive_ptr<Chunk>> chunks_;
};

inline Host NodeTable::find(std::uint64_t hash, std::string_view owner) const {
  const Page* const page = page_of(hash_of(hash));
  // The places are seldom in the line of the first tags.
  __builtin_prefetch(page->base() + 64);
  Host found;
  page->search(tag(hash_of(hash)), [&](std::uint32_t i) {
    const Host host = page->host(i);
    if (host.owner() != owner) return false;
    found = host;
    return true;
  });
  return found;
}

}  // namespace dns
