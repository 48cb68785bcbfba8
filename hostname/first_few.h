// A set in an order that keeps its first few elements and counts the others: enough to report "this
// one, and 99,999 more", in a memory that doesn't grow with them.
//
// Owned by one thread. Internal to the folder.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace hostname {

// At most `kMost` elements are kept. `before(a, b)` is the order, the same at each call. No element
// is added twice, and only what was added is removed.
template <typename T, std::size_t kMost = 1024>
class FirstFew {
 public:
  std::size_t size() const { return size_; }
  // The first of all elements, in order.
  std::span<const T> first() const { return first_; }
  // True when removals took away so many of the first that fewer than `wanted` are known, though
  // there are more: the owner clears it and adds all elements again. Additions alone never do this.
  bool lacks(std::size_t wanted) const { return first_.size() < std::min(wanted, size_); }

  template <typename Before>
  void add(const T& element, Before before) {
    // Elements that aren't known stand behind the known ones.
    const bool all_known = first_.size() == size_++;
    if (!all_known && (first_.empty() || !before(element, first_.back()))) return;
    first_.insert(std::ranges::lower_bound(first_, element, before), element);
    if (first_.size() > kMost) first_.pop_back();
  }

  template <typename Before>
  void remove(const T& element, Before before) {
    assert(size_ > 0);
    --size_;
    if (first_.empty() || before(first_.back(), element)) return;
    const auto found = std::ranges::lower_bound(first_, element, before);
    assert(found != first_.end() && *found == element);
    first_.erase(found);
  }

  void clear() {
    first_.clear();
    size_ = 0;
  }

 private:
  std::vector<T> first_;  // sorted: the first elements of all
  std::size_t size_ = 0;
};

}  // namespace hostname
