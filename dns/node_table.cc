#include "dns/node_table.h"

#include <algorithm>

#include "dns/query.h"

namespace dns {
namespace {

// Nodes per page: of a new table, and where it grows and shrinks by a page. A smaller page is
// cheaper to replace; a larger one makes the list of pages shorter, of which every change copies a
// part.
constexpr std::size_t kNodes = 24;
constexpr std::size_t kMostNodes = 30;
constexpr std::size_t kLeastNodes = 12;

// Three quarters full at most.
unsigned slot_bits(std::size_t nodes) {
  return nodes == 0 ? 0 : static_cast<unsigned>(std::bit_width((nodes * 4 - 1) / 3));
}

}  // namespace

std::uint32_t NodeTable::hash_of(std::string_view owner) {
  Qname qname;
  qname.assign(reinterpret_cast<const std::uint8_t*>(owner.data()), owner.size());
  return hash_of(qname.hashes[0]);
}

template <typename Slot>
void NodeTable::fill_page(Page& page, unsigned bits, std::span<const Node> nodes) {
  auto* const base = reinterpret_cast<std::uint8_t*>(&page);
  const std::span slots(reinterpret_cast<Slot*>(base + sizeof(Page)), std::size_t{1} << bits);
  std::ranges::fill(slots, Slot{0});
  std::size_t place = sizeof(Page) + slots.size_bytes();
  for (const Node& node : nodes) {
    std::size_t at = first_slot(tag(node.hash), bits);
    while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = static_cast<Slot>(Slot{tag(node.hash)} << 4 * sizeof(Slot) | place / 4);
    std::memcpy(base + place, node.record, node.size);
    place += node.size;
  }
}

NodeTable::PageRef NodeTable::make_page(std::span<const Node> nodes) {
  PageRef ref;
  ref.slots.bits = slot_bits(nodes.size()) & 0x7f;
  const std::size_t count = std::size_t{1} << ref.slots.bits;
  std::size_t bytes = sizeof(Page);
  for (const Node& node : nodes) bytes += node.size;
  ref.slots.wide = (bytes + 4 * count) / 4 > 0xffff;
  bytes += (ref.slots.wide ? 8 : 4) * count;
  const auto page = Page::make(bytes - sizeof(Page));
  page->bytes = static_cast<std::uint32_t>(bytes);
  page->count = static_cast<std::uint32_t>(nodes.size());
  if (ref.slots.wide) {
    fill_page<std::uint64_t>(*page, ref.slots.bits, nodes);
  } else {
    fill_page<std::uint32_t>(*page, ref.slots.bits, nodes);
  }
  ref.page = page;
  return ref;
}

NodeTable::NodeTable() : NodeTable(std::span<const Node>()) {}

NodeTable::NodeTable(std::span<const Node> nodes) {
  const std::size_t pages = std::max<std::size_t>(1, (nodes.size() + kNodes - 1) / kNodes);
  set_pages(static_cast<std::uint32_t>(pages));
  size_ = nodes.size();
  std::vector<std::uint32_t> ends(pages + 1);  // of each page's nodes, once they are sorted
  for (const Node& node : nodes) ++ends[index(node.hash, pages_, mask_) + 1];
  for (std::size_t i = 0; i < pages; ++i) ends[i + 1] += ends[i];
  std::vector<Node> sorted(nodes.size());
  for (const Node& node : nodes) sorted[ends[index(node.hash, pages_, mask_)]++] = node;
  std::size_t begin = 0;
  for (std::uint32_t at = 0; at < pages_; ++at) {
    // The records lie where their hosts were added: all over the memory.
    for (std::size_t i = ends[at]; i < std::min<std::size_t>(ends[at] + kNodes, nodes.size());
         ++i) {
      __builtin_prefetch(sorted[i].record);
    }
    put(at, make_page({sorted.data() + begin, ends[at] - begin}));
    begin = ends[at];
  }
}

std::size_t NodeTable::memory() const {
  return page_bytes_ + chunks_.size() * (sizeof(Chunk) + sizeof(chunks_[0]));
}

void NodeTable::set_pages(std::uint32_t pages) {
  pages_ = pages;
  mask_ = std::bit_ceil(pages) - 1;
  while (chunks_.size() * kFan < pages) chunks_.push_back(Chunk::make(0));
  while ((chunks_.size() - 1) * kFan >= pages) chunks_.pop_back();
}

NodeTable::Chunk& NodeTable::own_chunk(std::uint32_t at) {
  boost::intrusive_ptr<Chunk>& chunk = chunks_[at / kFan];
  if (!chunk->is_alone()) {
    for (const auto& page : chunk->pages) {
      if (page) page->expect_holder();
    }
    const auto copy = Chunk::make(0);
    copy->pages = chunk->pages;
    copy->slots = chunk->slots;
    chunk = copy;
  }
  return *chunk;
}

void NodeTable::put(std::uint32_t at, PageRef ref) {
  Chunk& chunk = own_chunk(at);
  boost::intrusive_ptr<const Page>& here = chunk.pages[at % kFan];
  if (here) page_bytes_ -= here->bytes;
  if (ref.page) page_bytes_ += ref.page->bytes;
  here = std::move(ref.page);
  chunk.slots[at % kFan] = ref.slots;
}

// All but those that lie at a place of `but`. Of their hashes the tag alone is known.
void NodeTable::append_nodes(std::uint32_t at, std::vector<Node>& nodes,
                             std::span<const std::size_t> but) const {
  const Page& page = this->page(at);
  page.each(slots(at), [&](std::uint16_t tag, std::size_t place) {
    if (std::ranges::find(but, place) != but.end()) return;
    const Host host = page.host(place);
    nodes.push_back(
        {std::uint32_t{tag} << 16, static_cast<std::uint32_t>(host.size()), host.record()});
  });
}

void NodeTable::edit_page(std::uint32_t at, std::span<const Edit> edits) {
  const Page& old = page(at);
  std::vector<Node> nodes;
  nodes.reserve(old.count + edits.size());
  std::vector<std::size_t> replaced;
  for (const Edit& edit : edits) {
    old.search(slots(at), tag(edit.node.hash), [&](std::size_t place) {
      if (old.host(place).owner() != edit.owner) return false;
      replaced.push_back(place);
      return true;
    });
    if (edit.node.record != nullptr) nodes.push_back(edit.node);
  }
  append_nodes(at, nodes, replaced);
  size_ = size_ - old.count + nodes.size();
  put(at, make_page(nodes));
}

// The last page of the new number takes its nodes from the one whose hashes differ in one bit.
void NodeTable::split() {
  const std::uint32_t to = pages_;
  const std::uint32_t from = to - std::bit_ceil(to + 1) / 2;
  std::vector<Node> nodes;
  append_nodes(from, nodes);
  set_pages(pages_ + 1);
  for (Node& node : nodes) node.hash = hash_of(Host(node.record).owner());
  const auto moved = std::ranges::partition(
      nodes, [&](const Node& node) { return index(node.hash, pages_, mask_) == from; });
  const auto stay = static_cast<std::size_t>(moved.begin() - nodes.begin());
  put(to, make_page(std::span(nodes).subspan(stay)));
  put(from, make_page(std::span(nodes).first(stay)));
}

void NodeTable::join() {
  const std::uint32_t from = pages_ - 1;
  const std::uint32_t to = from - std::bit_ceil(pages_) / 2;
  std::vector<Node> nodes;
  append_nodes(to, nodes);
  append_nodes(from, nodes);
  put(to, make_page(nodes));
  put(from, {});
  set_pages(from);
}

NodeTable NodeTable::with(std::span<Edit> edits) const {
  for (const auto& chunk : chunks_) chunk->expect_holder();
  NodeTable table = *this;
  const auto page_of = [&](const Edit& edit) { return index(edit.node.hash, pages_, mask_); };
  std::ranges::sort(edits, {}, page_of);
  for (auto first = edits.begin(); first != edits.end();) {
    const std::uint32_t at = page_of(*first);
    const auto end =
        std::find_if(first, edits.end(), [&](const Edit& edit) { return page_of(edit) != at; });
    table.edit_page(at, {first, end});
    first = end;
  }
  while (table.size_ > table.pages_ * kMostNodes) table.split();
  while (table.pages_ > 1 && table.size_ < table.pages_ * kLeastNodes) table.join();
  return table;
}

}  // namespace dns
