// A hash table of numbers: what is found by a key that is kept elsewhere, at 4 bytes a slot.
// Internal to the folder.
//
// Open addressing with linear probing; between 3/8 and 3/4 of the slots are in use once it has
// grown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace vip {

class Slots {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  // The slot of the number with this hash for which `is_it` is true; null if there is none.
  template <typename IsIt>
  std::uint32_t* find(std::size_t hash, IsIt is_it) {
    for (std::size_t at = hash & mask_; !slots_.empty(); at = (at + 1) & mask_) {
      if (slots_[at] == kNone) break;
      if (is_it(slots_[at])) return &slots_[at];
    }
    return nullptr;
  }
  template <typename IsIt>
  const std::uint32_t* find(std::size_t hash, IsIt is_it) const {
    return const_cast<Slots*>(this)->find(hash, is_it);
  }

  // `hash_of`: the hash of a number that is in the table.
  template <typename HashOf>
  void insert(std::uint32_t number, HashOf hash_of) {
    reserve(used_ + 1, hash_of);
    put(number, hash_of(number));
    ++used_;
  }

  // REQUIRES: `slot` was found here. The slots behind it move up, so that no probe ends early.
  template <typename HashOf>
  void erase(const std::uint32_t* slot, HashOf hash_of) {
    auto hole = static_cast<std::size_t>(slot - slots_.data());
    for (std::size_t at = (hole + 1) & mask_; slots_[at] != kNone; at = (at + 1) & mask_) {
      const std::size_t home = hash_of(slots_[at]) & mask_;
      if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = kNone;
    --used_;
  }

  template <typename HashOf>
  void reserve(std::size_t numbers, HashOf hash_of) {
    std::size_t size = slots_.empty() ? 8 : slots_.size();
    while (numbers > size - size / 4) size *= 2;
    if (size == slots_.size()) return;
    std::vector<std::uint32_t> before(size, kNone);
    before.swap(slots_);
    mask_ = size - 1;
    for (const std::uint32_t number : before) {
      if (number != kNone) put(number, hash_of(number));
    }
  }

 private:
  void put(std::uint32_t number, std::size_t hash) {
    std::size_t at = hash & mask_;
    while (slots_[at] != kNone) at = (at + 1) & mask_;
    slots_[at] = number;
  }

  std::vector<std::uint32_t> slots_;
  std::size_t mask_ = 0;
  std::size_t used_ = 0;
};

}  // namespace vip
