// A hash table of numbers: what is found by a key that is kept elsewhere, at 4 bytes a slot.
// Internal to the folder.
//
// Open addressing with linear probing; between 3/8 and 3/4 of the slots are in use once it has
// grown. The bits of a slot that its number doesn't need hold bits of the hash, so that a probe
// hardly ever reads the key of another number, which would be a miss of the processor's cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace vip {

class Slots {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  // The number with this hash for which `is_it` is true; kNone if there is none.
  template <typename IsIt>
  std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = hash & mask_; slots_[at] != kNone; at = (at + 1) & mask_) {
      const std::uint32_t number = slots_[at] & numbers_;
      if (slots_[at] == slot_of(number, hash) && is_it(number)) return number;
    }
    return kNone;
  }

  // `hash_of`: the hash of a number that is in the table, to make room.
  template <typename HashOf>
  void insert(std::uint32_t number, std::uint64_t hash, HashOf hash_of) {
    reserve(std::max<std::size_t>(used_ + 1, number + std::size_t{1}), hash_of);
    put(number, hash);
    ++used_;
  }

  // REQUIRES: `before` is there, and has the hash of `after`.
  template <typename HashOf>
  void replace(std::uint32_t before, std::uint32_t after, std::uint64_t hash, HashOf hash_of) {
    reserve(after + std::size_t{1}, hash_of);
    slots_[position(before, hash)] = slot_of(after, hash);
  }

  // REQUIRES: it is there. The slots behind it move up, so that no probe ends early.
  template <typename HashOf>
  void erase(std::uint32_t number, std::uint64_t hash, HashOf hash_of) {
    std::size_t hole = position(number, hash);
    for (std::size_t at = (hole + 1) & mask_; slots_[at] != kNone; at = (at + 1) & mask_) {
      const std::size_t home = hash_of(slots_[at] & numbers_) & mask_;
      if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = kNone;
    --used_;
  }

  // Makes room for that many, and for numbers below that.
  template <typename HashOf>
  void reserve(std::size_t numbers, HashOf hash_of) {
    std::size_t size = slots_.empty() ? 8 : slots_.size();
    while (numbers > size - size / 4) size *= 2;
    if (size == slots_.size()) return;
    std::vector<std::uint32_t> before(size, kNone);
    before.swap(slots_);
    const std::uint32_t numbers_before = numbers_;
    mask_ = size - 1;
    numbers_ = static_cast<std::uint32_t>(mask_);
    for (const std::uint32_t slot : before) {
      if (slot != kNone) put(slot & numbers_before, hash_of(slot & numbers_before));
    }
  }

 private:
  // Numbers are below 3/4 of the slots, so that no slot in use is kNone.
  std::uint32_t slot_of(std::uint32_t number, std::uint64_t hash) const {
    return number | (static_cast<std::uint32_t>(hash >> 32) & ~numbers_);
  }

  std::size_t position(std::uint32_t number, std::uint64_t hash) const {
    std::size_t at = hash & mask_;
    while (slots_[at] != slot_of(number, hash)) at = (at + 1) & mask_;
    return at;
  }

  void put(std::uint32_t number, std::uint64_t hash) {
    std::size_t at = hash & mask_;
    while (slots_[at] != kNone) at = (at + 1) & mask_;
    slots_[at] = slot_of(number, hash);
  }

  std::vector<std::uint32_t> slots_;
  std::size_t mask_ = 0;
  std::uint32_t numbers_ = 0;  // the bits of a slot that are its number
  std::size_t used_ = 0;
};

}  // namespace vip
