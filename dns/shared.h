// A block of memory that several immutable structures share: a counted object with room behind it.
//
// Hold it by boost::intrusive_ptr: the count is in the block, so that a directory of blocks is a
// plain list of pointers. Counting is thread-safe; a block is written only by whoever made it,
// before anybody else holds it.
#pragma once

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <cstdint>
#include <new>

namespace dns {

// The base of T. T's room begins behind its last member.
template <typename T>
class Shared {
 public:
  // `room`: bytes.
  static boost::intrusive_ptr<T> make(std::size_t room) {
    return new (::operator new(sizeof(T) + room)) T;
  }

  // Counting a list of blocks is a cache miss each, unless they are all on their way.
  void expect_holder() const { __builtin_prefetch(&holders_, 1); }

  friend void intrusive_ptr_add_ref(const T* block) {
    static_cast<const Shared*>(block)->holders_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(const T* block) {
    const Shared* shared = block;
    // Nobody else holds the block, and so nobody else can begin to: no need of a locked operation.
    const bool alone = shared->holders_.load(std::memory_order_acquire) == 1;
    if (!alone && shared->holders_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block->~T();
    ::operator delete(const_cast<T*>(block));
  }

 protected:
  Shared() = default;
  ~Shared() = default;
  Shared(const Shared&) {}
  Shared& operator=(const Shared&) = delete;

 private:
  mutable std::atomic<std::uint32_t> holders_ = 0;
};

}  // namespace dns
