// A list whose copies have one buffer in common until one of them changes: 8 bytes, and nothing
// more where it is empty. share() lets equal lists of many resources be one.
//
// A List is a plain value: copies may be used by several threads. What it hands out is valid until
// it is changed.
#pragma once

#include <algorithm>
#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace mesh {

template <typename T>
class List {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using const_reference = const T&;
  using const_iterator = typename std::vector<T>::const_iterator;
  using iterator = const_iterator;

  List() = default;
  List(std::initializer_list<T> items) : List(std::vector<T>(items)) {}
  List(std::vector<T> items) {
    if (!items.empty()) buffer_ = new Buffer(std::move(items));
  }

  operator const std::vector<T>&() const { return items(); }
  const_iterator begin() const { return items().begin(); }
  const_iterator end() const { return items().end(); }
  bool empty() const { return !buffer_; }
  std::size_t size() const { return items().size(); }
  const T* data() const { return items().data(); }
  const T& operator[](std::size_t i) const { return items()[i]; }
  const T& at(std::size_t i) const { return items().at(i); }
  const T& front() const { return items().front(); }
  const T& back() const { return items().back(); }

  void push_back(T item) {
    std::vector<T> all = taken(1);
    all.push_back(std::move(item));
    buffer_ = new Buffer(std::move(all));
  }
  void clear() { buffer_ = nullptr; }

  // Takes the buffer of an equal list that this thread shared a short while ago, if there is one.
  void share() {
    if (!buffer_) return;
    thread_local std::array<Pointer, 16> recent;
    thread_local std::size_t next = 0;
    for (const Pointer& each : recent) {
      if (each && each->items == buffer_->items) {
        buffer_ = each;
        return;
      }
    }
    recent[next++ % recent.size()] = buffer_;
  }

  friend bool operator==(const List& a, const List& b) {
    return a.buffer_ == b.buffer_ || a.items() == b.items();
  }

 private:
  struct Buffer : boost::intrusive_ref_counter<Buffer> {
    explicit Buffer(std::vector<T> list) : items(std::move(list)) {}
    std::vector<T> items;
  };
  using Pointer = boost::intrusive_ptr<const Buffer>;

  const std::vector<T>& items() const {
    static const std::vector<T> kNone;
    return buffer_ ? buffer_->items : kNone;
  }
  // A copy with room for `more`.
  std::vector<T> taken(std::size_t more) const {
    std::vector<T> all;
    all.reserve(size() + more);
    all.insert(all.end(), begin(), end());
    return all;
  }

  Pointer buffer_;  // null: empty
};

}  // namespace mesh
