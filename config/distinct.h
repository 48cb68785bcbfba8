// The resources of one sort that are held by files, of which each identity has one that counts: of
// several the first stays, in the order of (good before kept, file, place in the file).
//
// A change is made of hold(), count() and release() in any order, and ends with finish(), which
// says what it changed. All of them cost what the identities cost that they touch. Owned by one
// thread. Internal to the folder.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "mesh/change.h"

namespace config {

// The order of resources: by identity.
template <typename T>
std::strong_ordering compare_identity(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, mesh::Service>) {
    if (a.kind != b.kind) return a.kind <=> b.kind;
  }
  if (const auto order = a.meta.mesh <=> b.meta.mesh; order != 0) return order;
  if (a.meta.name_space.empty() && b.meta.name_space.empty()) return a.meta.name <=> b.meta.name;
  return a.meta.core_name() <=> b.meta.core_name();
}

template <typename T>
class Distinct {
 public:
  using Pointer = std::shared_ptr<const T>;
  using Index = std::uint32_t;

  // `keys` are the paths of the files, by their numbers: their order is that of the files.
  explicit Distinct(const std::vector<const std::string*>& keys) : keys_(keys) {}

  // Takes a resource in, which doesn't count yet. `kept`: the last good version of one that is
  // broken now.
  Index hold(Pointer resource, std::uint32_t file, bool kept);
  // Whether it is one of those that an identity chooses from.
  void count(Index index, bool counts);
  // Gives it back: `index` is no longer used.
  void release(Index index);

  const Pointer& resource(Index index) const { return held_[index].resource; }

  // Ends the change. The order is that in which the identities were touched first.
  void finish(std::vector<mesh::Changed<T>>& changed, mesh::DiagnosticChanges& diagnostics);

  // As they were when finish() was called last.
  std::vector<Pointer> sorted() const;
  std::size_t kept() const { return kept_; }

 private:
  static constexpr Index kNone = ~Index{0};

  struct Held {
    Pointer resource;  // null: free
    Index next;        // in its chain, or of the free ones
    std::uint32_t file : 27;
    std::uint32_t kept : 1;
    std::uint32_t before : 1;   // counted before the change
    std::uint32_t counts : 1;   // counts now
    std::uint32_t touched : 1;  // its identity is among touched_
    std::uint32_t in_use : 1;   // not released
  };
  static_assert(sizeof(Held) == 24);

  static std::size_t hash(const T& resource) {
    const std::hash<std::string_view> hash;
    std::size_t value = hash(resource.meta.mesh) * 31;
    value += resource.meta.name_space.empty() ? hash(resource.meta.name)
                                              : hash(resource.meta.core_name());
    if constexpr (std::is_same_v<T, mesh::Service>) {
      value += static_cast<std::size_t>(resource.kind) * 0x9e3779b97f4a7c15;
    }
    return value;
  }
  Index& chain(const T& resource) { return chains_[hash(resource) & (chains_.size() - 1)]; }

  // Calls `f` with each that has the identity of `resource`.
  template <typename F>
  void for_each_equal(const T& resource, F f) {
    for (Index i = chain(resource); i != kNone; i = held_[i].next) {
      if (compare_identity(*held_[i].resource, resource) == 0) f(i);
    }
  }

  bool is_before(const Held& a, const Held& b) const;
  void touch(Index index);
  // The first of those that have the flag, and what is to be said of the others.
  const Held* first(const std::vector<Index>& equal, bool before,
                    mesh::Diagnostics& diagnostics) const;
  void grow();
  void free(Index index);

  const std::vector<const std::string*>& keys_;
  std::deque<Held> held_;  // grows without a copy and without room to spare
  std::vector<Index> chains_ = std::vector<Index>(64, kNone);  // a power of two of them
  std::vector<Index> touched_;                                 // one of each identity
  Index free_ = kNone;
  std::size_t used_ = 0;
  std::size_t kept_ = 0;
};

template <typename T>
typename Distinct<T>::Index Distinct<T>::hold(Pointer resource, std::uint32_t file, bool kept) {
  if (used_ >= chains_.size()) grow();
  ++used_;
  Index index = free_;
  if (index == kNone) {
    index = static_cast<Index>(held_.size());
    held_.emplace_back();
  } else {
    free_ = held_[index].next;
  }
  Index& head = chain(*resource);
  Held& held = held_[index];
  held.resource = std::move(resource);
  held.next = std::exchange(head, index);
  held.file = file & 0x7ffffff;
  held.kept = kept ? 1 : 0;
  held.before = held.counts = held.touched = 0;
  held.in_use = 1;
  return index;
}

template <typename T>
void Distinct<T>::count(Index index, bool counts) {
  if ((held_[index].counts != 0) == counts) return;
  touch(index);
  held_[index].counts = counts ? 1 : 0;
}

template <typename T>
void Distinct<T>::release(Index index) {
  count(index, false);
  held_[index].in_use = 0;
  if (held_[index].touched == 0) free(index);
}

template <typename T>
void Distinct<T>::touch(Index index) {
  if (held_[index].touched != 0) return;
  bool touched = false;
  for_each_equal(*held_[index].resource, [&](Index i) {
    touched = touched || held_[i].touched != 0;
    held_[i].touched = 1;
  });
  if (!touched) touched_.push_back(index);
}

template <typename T>
bool Distinct<T>::is_before(const Held& a, const Held& b) const {
  if (a.kept != b.kept) return a.kept < b.kept;
  if (a.file != b.file) return *keys_[a.file] < *keys_[b.file];
  const auto place = [](const Held& held) {
    const mesh::Position& position = held.resource->meta.position;
    return std::tuple(position.line, position.column);
  };
  return place(a) < place(b);
}

template <typename T>
const typename Distinct<T>::Held* Distinct<T>::first(const std::vector<Index>& equal, bool before,
                                                     mesh::Diagnostics& diagnostics) const {
  const auto counts = [&](const Held& held) { return (before ? held.before : held.counts) != 0; };
  const Held* first = nullptr;
  for (const Index i : equal) {
    const Held& held = held_[i];
    if (counts(held) && (first == nullptr || is_before(held, *first))) first = &held;
  }
  if (first == nullptr) return nullptr;
  for (const Index i : equal) {
    const Held& held = held_[i];
    if (!counts(held) || held.kept != 0 || &held == first) continue;
    diagnostics.push_back({mesh::Severity::Error, held.resource->meta.position, "name",
                           "\"" + held.resource->meta.core_name() + "\" is already used at " +
                               mesh::to_string(first->resource->meta.position) +
                               ", which stays: give one of them another name"});
  }
  return first;
}

template <typename T>
void Distinct<T>::finish(std::vector<mesh::Changed<T>>& changed,
                         mesh::DiagnosticChanges& diagnostics) {
  std::vector<Index> equal;
  for (const Index touched : touched_) {
    equal.clear();
    for_each_equal(*held_[touched].resource, [&](Index i) { equal.push_back(i); });
    const Held* before = first(equal, true, diagnostics.removed);
    const Held* after = first(equal, false, diagnostics.added);
    kept_ += after != nullptr ? after->kept : 0;
    kept_ -= before != nullptr ? before->kept : 0;
    const Pointer was = before != nullptr ? before->resource : nullptr;
    const Pointer is = after != nullptr ? after->resource : nullptr;
    if (was != is) changed.push_back({was, is});
    for (const Index i : equal) {
      held_[i].before = held_[i].counts;
      held_[i].touched = 0;
      if (held_[i].in_use == 0) free(i);
    }
  }
  touched_.clear();
  if (touched_.capacity() > 4096) touched_.shrink_to_fit();
}

template <typename T>
std::vector<typename Distinct<T>::Pointer> Distinct<T>::sorted() const {
  std::vector<const Held*> all;
  all.reserve(used_);
  for (const Held& held : held_) {
    if (held.resource && held.before != 0) all.push_back(&held);
  }
  std::ranges::sort(all, [&](const Held* a, const Held* b) {
    const auto order = compare_identity(*a->resource, *b->resource);
    return order != 0 ? order < 0 : is_before(*a, *b);
  });
  std::vector<Pointer> distinct;
  distinct.reserve(all.size());
  for (const Held* held : all) {
    const bool is_first =
        distinct.empty() || compare_identity(*distinct.back(), *held->resource) != 0;
    if (is_first) distinct.push_back(held->resource);
  }
  return distinct;
}

template <typename T>
void Distinct<T>::grow() {
  chains_.assign(chains_.size() * 2, kNone);
  for (Index i = 0; i < held_.size(); ++i) {
    if (!held_[i].resource) continue;
    Index& head = chain(*held_[i].resource);
    held_[i].next = std::exchange(head, i);
  }
}

template <typename T>
void Distinct<T>::free(Index index) {
  Index* link = &chain(*held_[index].resource);
  while (*link != index) link = &held_[*link].next;
  *link = held_[index].next;
  held_[index].resource.reset();
  held_[index].next = std::exchange(free_, index);
  --used_;
}

}  // namespace config
