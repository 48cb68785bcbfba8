// Services by the hash of a key, 20 bytes each. No key is held: what is found under a hash may be
// of another key, and who looks checks it.
//
// Holds pointers only: REQUIRES: a service lives until it has been erased. Owned by one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mesh/resources.h"

namespace mesh {

// Of a few texts, each ended, so that {"ab", "c"} isn't {"a", "bc"}.
template <typename... Text>
std::uint64_t hash_of(char sort, const Text&... texts) {
  std::uint64_t hash = 14695981039346656037u;
  const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u; };
  const auto add_text = [&](std::string_view text) {
    for (const char c : text) add(c);
    add('\0');
  };
  add(sort);
  (add_text(texts), ...);
  return hash;
}

class ServiceTable {
 public:
  // Room for `more` further ones, exactly: a table that is filled at once has none to spare.
  void reserve(std::size_t more);
  void insert(std::uint64_t hash, const Service* service);
  // REQUIRES: it was inserted with this hash. What was inserted last is found first.
  void erase(std::uint64_t hash, const Service* service);

  // Calls `f` with each service that may have the key.
  template <typename F>
  void each(std::uint64_t hash, const F& f) const {
    if (heads_.empty()) return;
    const auto part = static_cast<std::uint32_t>(hash >> 32);
    for (std::uint32_t at = heads_[bucket(part)]; at != kNone; at = entries_[at].next) {
      if (entries_[at].hash == part) f(*entries_[at].service);
    }
  }
  template <typename F>
  void all(const F& f) const {
    for (const Entry& entry : entries_) {
      if (entry.service != nullptr) f(*entry.service);
    }
  }
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    const Service* service = nullptr;  // null: free
    std::uint32_t hash = 0;
    std::uint32_t next = 0;
  };
  static constexpr std::uint32_t kNone = ~0u;

  std::size_t bucket(std::uint32_t hash) const { return hash & (heads_.size() - 1); }
  void rehash(std::size_t buckets);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> heads_;  // a power of two, or none
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace mesh
