#include "mesh/labels.h"

#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <new>

namespace mesh {

// The pairs, packed: key NUL value NUL ..., sorted by key. Or, with `others`, the value of the
// display-name, and in `others` all other pairs.
struct Labels::Block {
  Pointer others;
  mutable std::atomic<std::uint32_t> uses = 0;
  std::uint32_t size = 0;

  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }

  // The text stands behind the block.
  static Pointer make(std::string_view text, Pointer others = nullptr) {
    void* memory = ::operator new(sizeof(Block) + text.size());
    Block* block = new (memory) Block;
    block->others = std::move(others);
    block->size = static_cast<std::uint32_t>(text.size());
    std::memcpy(reinterpret_cast<char*>(block + 1), text.data(), text.size());
    return block;
  }
};

void intrusive_ptr_add_ref(const Labels::Block* block) {
  block->uses.fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const Labels::Block* block) {
  if (block->uses.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->~Block();
  ::operator delete(const_cast<Labels::Block*>(block));
}

namespace {

// Cuts the text up to the next NUL off the front of `rest`.
std::string_view take(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return text;
}

void append(std::string& packed, const Labels::Pair& pair) {
  packed.append(pair.first).append(1, '\0').append(pair.second).append(1, '\0');
}

}  // namespace

// Gives the pairs in order.
class Labels::Cursor {
 public:
  explicit Cursor(const Labels& labels) {
    if (!labels.block_) return;
    const Block& block = *labels.block_;
    has_name_ = block.others != nullptr;
    rest_ = has_name_ ? block.others->text() : block.text();
    if (has_name_) name_ = block.text();
    step();
  }

  explicit operator bool() const { return valid_; }
  const Pair& operator*() const { return pair_; }
  const Pair* operator->() const { return &pair_; }

  void step() {
    valid_ = true;
    std::string_view behind = rest_;
    if (!behind.empty()) {
      const std::string_view key = take(behind);
      if (!has_name_ || key < label::kDisplayName) {
        pair_ = {key, take(behind)};
        rest_ = behind;
        return;
      }
    }
    valid_ = has_name_;
    pair_ = {label::kDisplayName, name_};
    has_name_ = false;
  }

 private:
  std::string_view rest_;
  std::string_view name_;
  bool has_name_ = false;  // and it has not been given yet
  bool valid_ = false;
  Pair pair_;
};

Labels Labels::unpacked(std::string_view packed) {
  Labels labels;
  if (!packed.empty()) labels.block_ = Block::make(packed);
  return labels;
}

Labels::Labels(std::initializer_list<Pair> pairs) {
  for (const auto& [key, value] : pairs) set(key, value);
}

void Labels::set(std::string_view key, std::string_view value) {
  assert(key.find('\0') == key.npos && value.find('\0') == value.npos);
  const Pair pair(key, value);
  std::string packed;
  Cursor at(*this);
  for (; at && at->first < key; at.step()) append(packed, *at);
  append(packed, pair);
  if (at && at->first == key) at.step();
  for (; at; at.step()) append(packed, *at);
  *this = unpacked(packed);
}

void Labels::set_default(std::string_view key, std::string_view value) {
  if (!get(key)) set(key, value);
}

void Labels::set_defaults(std::initializer_list<Pair> pairs) {
  std::string packed;
  Cursor at(*this);
  for (const Pair& pair : pairs) {
    for (; at && at->first < pair.first; at.step()) append(packed, *at);
    if (!at || at->first != pair.first) append(packed, pair);
  }
  for (; at; at.step()) append(packed, *at);
  *this = unpacked(packed);
}

void Labels::share() {
  if (!block_ || block_->others) return;
  std::string others;
  std::optional<std::string_view> name;
  for (Cursor at(*this); at; at.step()) {
    if (at->first == label::kDisplayName) {
      name = at->second;
    } else {
      append(others, *at);
    }
  }
  if (name && others.empty()) return;
  thread_local std::array<Pointer, 16> recent;
  thread_local std::size_t next = 0;
  Pointer shared;
  for (const Pointer& each : recent) {
    if (each && each->text() == others) shared = each;
  }
  if (!shared) {
    shared = name ? Block::make(others) : block_;
    recent[next++ % recent.size()] = shared;
  }
  block_ = name ? Block::make(*name, std::move(shared)) : std::move(shared);
}

std::optional<std::string_view> Labels::get(std::string_view key) const {
  if (!block_) return std::nullopt;
  if (block_->others && key == label::kDisplayName) return block_->text();
  for (std::string_view rest = block_->others ? block_->others->text() : block_->text();
       !rest.empty();) {
    const std::string_view found = take(rest);
    const std::string_view value = take(rest);
    if (found == key) return value;
  }
  return std::nullopt;
}

bool Labels::contains_all(const Labels& wanted) const {
  for (Cursor at(wanted); at; at.step()) {
    if (get(at->first) != at->second) return false;
  }
  return true;
}

std::vector<Labels::Pair> Labels::pairs() const {
  std::vector<Pair> all;
  for (Cursor at(*this); at; at.step()) all.push_back(*at);
  return all;
}

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  if (a.block_ == b.block_) return std::strong_ordering::equal;
  Labels::Cursor x(a);
  Labels::Cursor y(b);
  for (; x && y; x.step(), y.step()) {
    if (const auto order = *x <=> *y; order != 0) return order;
  }
  return x   ? std::strong_ordering::greater
         : y ? std::strong_ordering::less
             : std::strong_ordering::equal;
}

}  // namespace mesh
