// A multimap from 32-bit hashes to small values: an open-addressed table whose entries are a hash
// and a value, two thirds full on average. The caller tells apart values that share a hash.
//
// Its segments grow and shrink one by one, so that with a million entries no insertion moves more
// than a few thousand. Owned by one thread. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace hostname {

// REQUIRES: `Value` is trivially copyable, and Value() is never inserted: it marks a free place.
template <typename Value>
class HashTable {
 public:
  explicit HashTable(std::size_t segments) : segments_(segments) {}

  std::size_t size() const { return size_; }

  // A value of `hash` for which is(value) holds, or null. Valid until the next change.
  template <typename Is>
  Value* find(std::uint32_t hash, Is is) {
    Segment& segment = segment_of(hash);
    if (segment.size == 0) return nullptr;
    for (std::size_t at = home(segment, hash);; at = next(segment, at)) {
      Entry& entry = segment.entries[at];
      if (entry.value == Value()) return nullptr;
      if (entry.hash == hash && is(std::as_const(entry.value))) return &entry.value;
    }
  }
  template <typename Is>
  const Value* find(std::uint32_t hash, Is is) const {
    return const_cast<HashTable*>(this)->find(hash, is);
  }

  void insert(std::uint32_t hash, Value value) {
    Segment& segment = segment_of(hash);
    const std::size_t places = segment.entries.size();
    if ((segment.size + 1) * 4 > places * 3) resize(segment, places + places / 4 + 4);
    put(segment, {hash, value});
    ++segment.size;
    ++size_;
  }

  // Removes a value of `hash` for which is(value) holds, if there is one.
  template <typename Is>
  void erase(std::uint32_t hash, Is is) {
    Segment& segment = segment_of(hash);
    if (segment.size == 0) return;
    std::size_t at = home(segment, hash);
    for (;; at = next(segment, at)) {
      const Entry& entry = segment.entries[at];
      if (entry.value == Value()) return;
      if (entry.hash == hash && is(entry.value)) break;
    }
    close_gap(segment, at);
    --segment.size;
    --size_;
    const std::size_t places = segment.entries.size();
    if (places > 16 && segment.size * 3 < places) resize(segment, segment.size * 3 / 2 + 4);
  }

  template <typename Visit>
  void visit(Visit visit) const {
    for (const Segment& segment : segments_) {
      for (const Entry& entry : segment.entries) {
        if (entry.value != Value()) visit(entry.value);
      }
    }
  }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    Value value;
  };
  struct Segment {
    std::vector<Entry> entries;
    std::size_t size = 0;  // of the places that are not free
  };

  // The hash as a fraction of 1 chooses the segment, what it leaves of the fraction the place.
  Segment& segment_of(std::uint32_t hash) {
    return segments_[(std::uint64_t{hash} * segments_.size()) >> 32];
  }
  std::size_t home(const Segment& segment, std::uint32_t hash) const {
    const auto rest = static_cast<std::uint32_t>(std::uint64_t{hash} * segments_.size());
    return (std::uint64_t{rest} * segment.entries.size()) >> 32;
  }
  static std::size_t next(const Segment& segment, std::size_t at) {
    return at + 1 == segment.entries.size() ? 0 : at + 1;
  }

  void put(Segment& segment, const Entry& entry) {
    std::size_t at = home(segment, entry.hash);
    while (segment.entries[at].value != Value()) at = next(segment, at);
    segment.entries[at] = entry;
  }

  // Frees a place, and moves what is behind it towards its home, so that no search stops early.
  void close_gap(Segment& segment, std::size_t gap) {
    const std::size_t places = segment.entries.size();
    for (std::size_t at = next(segment, gap);; at = next(segment, at)) {
      const Entry& entry = segment.entries[at];
      if (entry.value == Value()) break;
      const std::size_t from_home = (at + places - home(segment, entry.hash)) % places;
      const std::size_t from_gap = (at + places - gap) % places;
      if (from_home < from_gap) continue;  // its home is behind the gap
      segment.entries[gap] = entry;
      gap = at;
    }
    segment.entries[gap] = {};
  }

  void resize(Segment& segment, std::size_t places) {
    const std::vector<Entry> entries = std::exchange(segment.entries, std::vector<Entry>(places));
    for (const Entry& entry : entries) {
      if (entry.value != Value()) put(segment, entry);
    }
  }

  std::vector<Segment> segments_;
  std::size_t size_ = 0;
};

}  // namespace hostname
