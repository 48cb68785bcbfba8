#include "mesh/service_table.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace mesh {

void ServiceTable::rehash(std::size_t buckets) {
  heads_.assign(std::bit_ceil(buckets), kNone);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.service == nullptr) continue;
    std::uint32_t& head = heads_[bucket(entry.hash)];
    entry.next = head;
    head = i;
  }
}

void ServiceTable::reserve(std::size_t more) {
  const std::size_t wanted = size_ + more;
  if (wanted > entries_.capacity() && more > size_ / 4) entries_.reserve(wanted);
  // Half as many buckets as entries would do; a quarter of the rest is not worth the moves.
  if (wanted > heads_.size()) rehash(std::max<std::size_t>(wanted, 8));
}

void ServiceTable::insert(std::uint64_t hash, const Service* service) {
  if (size_ >= heads_.size()) rehash(std::max<std::size_t>(2 * size_, 8));
  std::uint32_t at = free_;
  if (at != kNone) {
    free_ = entries_[at].next;
  } else {
    at = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  }
  const auto part = static_cast<std::uint32_t>(hash >> 32);
  std::uint32_t& head = heads_[bucket(part)];
  entries_[at] = {service, part, head};
  head = at;
  ++size_;
}

void ServiceTable::erase(std::uint64_t hash, const Service* service) {
  assert(!heads_.empty());
  std::uint32_t* link = &heads_[bucket(static_cast<std::uint32_t>(hash >> 32))];
  while (*link != kNone && entries_[*link].service != service) link = &entries_[*link].next;
  assert(*link != kNone);
  if (*link == kNone) return;
  const std::uint32_t at = *link;
  *link = entries_[at].next;
  entries_[at] = {nullptr, 0, free_};
  free_ = at;
  --size_;
}

}  // namespace mesh
