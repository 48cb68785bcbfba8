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

// Writes the records to the page, from `place` on, and their slots.
template <typename Slot>
void NodeTable::fill(Page& page, std::size_t place, std::span<Slot> slots,
                     std::span<const Node> nodes) {
  auto* const base = reinterpret_cast<std::uint8_t*>(&page);
  const auto bits = static_cast<unsigned>(std::countr_zero(slots.size()));
  for (const Node& node : nodes) {
    std::size_t at = first_slot(tag(node.hash), bits);
    while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = static_cast<Slot>(Slot{tag(node.hash)} << 4 * sizeof(Slot) | place / 4);
    std::memcpy(base + place, node.record, node.size);
    place += node.size;
  }
}

NodeTable::NewPage NodeTable::make_page(std::uint32_t at, std::span<const Node> nodes) {
  NewPage made{.at = at};
  made.slots.bits = slot_bits(nodes.size()) & 0x7f;
  const std::size_t count = std::size_t{1} << made.slots.bits;
  std::size_t bytes = sizeof(Page);
  for (const Node& node : nodes) bytes += node.size;
  made.slots.wide = bytes / 4 > 0xffff;
  if (made.slots.wide) bytes += count * sizeof(std::uint64_t);
  const auto page = Page::make(bytes - sizeof(Page));
  page->bytes = static_cast<std::uint32_t>(bytes);
  page->count = static_cast<std::uint32_t>(nodes.size());
  if (made.slots.wide) {
    std::vector<std::uint64_t> slots(count);
    fill<std::uint64_t>(*page, sizeof(Page) + count * sizeof(std::uint64_t), slots, nodes);
    std::memcpy(reinterpret_cast<std::uint8_t*>(page.get() + 1), slots.data(),
                count * sizeof(std::uint64_t));
  } else {
    made.slot_values.resize(count);
    fill<std::uint32_t>(*page, sizeof(Page), made.slot_values, nodes);
  }
  made.page = page;
  return made;
}

// `pages`, and for the rest those of `old`, if it is one.
boost::intrusive_ptr<const NodeTable::Chunk> NodeTable::make_chunk(const Chunk* old,
                                                                   std::span<const NewPage> pages) {
  std::array<const NewPage*, kFan> made{};
  for (const NewPage& page : pages) made[page.at % kFan] = &page;
  // The slots of page `i`, wherever they are now.
  const auto slots_of = [&](std::uint32_t i) -> std::span<const std::uint8_t> {
    if (made[i] != nullptr) {
      const auto& values = made[i]->slot_values;
      return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * kSlot};
    }
    if (old == nullptr || !old->pages[i] || old->slots[i].wide) return {};
    return {old->slots_of(i), kSlot << old->slots[i].bits};
  };
  std::size_t size = 0;
  for (std::uint32_t i = 0; i < kFan; ++i) {
    size += slots_of(i).size();
    if (old != nullptr && old->pages[i]) old->pages[i]->expect_holder();
  }
  const auto chunk = Chunk::make(size);
  chunk->bytes = sizeof(Chunk) + size;
  auto* const begin = reinterpret_cast<std::uint8_t*>(chunk.get() + 1);
  std::uint8_t* at = begin;
  for (std::uint32_t i = 0; i < kFan; ++i) {
    if (made[i] == nullptr && old == nullptr) continue;
    chunk->pages[i] = made[i] != nullptr ? made[i]->page : old->pages[i];
    chunk->slots[i] = made[i] != nullptr ? made[i]->slots : old->slots[i];
    chunk->slots[i].begin = static_cast<std::uint32_t>(at - begin) / kSlot & 0xffffff;
    const auto slots = slots_of(i);
    at = std::ranges::copy(slots, at).out;
  }
  return chunk;
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
  std::vector<NewPage> made;
  for (std::uint32_t at = 0; at < pages_; ++at) {
    // The records lie where their hosts were added: all over the memory.
    for (std::size_t i = ends[at]; i < std::min<std::size_t>(ends[at] + kNodes, nodes.size());
         ++i) {
      __builtin_prefetch(sorted[i].record);
    }
    made.push_back(make_page(at, {sorted.data() + begin, ends[at] - begin}));
    begin = ends[at];
    if (made.size() < kFan && at + 1 < pages_) continue;
    put(made);
    made.clear();
  }
}

std::size_t NodeTable::memory() const {
  return bytes_ + chunks_.capacity() * sizeof(chunks_[0]);
}

// Pages that come new have to be put, those that go taken away before.
void NodeTable::set_pages(std::uint32_t pages) {
  pages_ = pages;
  mask_ = std::bit_ceil(pages) - 1;
  const std::size_t chunks = (pages + kFan - 1) / kFan;
  for (std::size_t i = chunks; i < chunks_.size(); ++i) bytes_ -= chunks_[i]->bytes;
  chunks_.resize(chunks);
}

// REQUIRES: sorted by chunk.
void NodeTable::put(std::span<const NewPage> pages) {
  while (!pages.empty()) {
    const std::uint32_t number = pages[0].at / kFan;
    boost::intrusive_ptr<const Chunk>& chunk = chunks_[number];
    std::size_t count = 0;
    for (; count < pages.size() && pages[count].at / kFan == number; ++count) {
      const Page* old = chunk ? chunk->pages[pages[count].at % kFan].get() : nullptr;
      if (old != nullptr) bytes_ -= old->bytes;
      if (pages[count].page) bytes_ += pages[count].page->bytes;
    }
    if (chunk) bytes_ -= chunk->bytes;
    chunk = make_chunk(chunk.get(), pages.first(count));
    bytes_ += chunk->bytes;
    pages = pages.subspan(count);
  }
}

// All but those that lie at a place of `but`. Of their hashes the tag alone is known.
void NodeTable::append_nodes(std::uint32_t at, std::vector<Node>& nodes,
                             std::span<const std::size_t> but) const {
  const Chunk& chunk = this->chunk(at);
  const Page& page = *chunk.pages[at % kFan];
  chunk.each(at % kFan, [&](std::uint16_t tag, std::size_t place) {
    if (std::ranges::find(but, place) != but.end()) return;
    const Host host = page.host(place);
    nodes.push_back(
        {std::uint32_t{tag} << 16, static_cast<std::uint32_t>(host.size()), host.record()});
  });
}

NodeTable::NewPage NodeTable::edited_page(std::uint32_t at, std::span<const Edit> edits) const {
  const Chunk& chunk = this->chunk(at);
  const Page& page = *chunk.pages[at % kFan];
  std::vector<Node> nodes;
  nodes.reserve(page.count + edits.size());
  std::vector<std::size_t> replaced;
  for (const Edit& edit : edits) {
    chunk.search(at % kFan, tag(edit.node.hash), [&](std::size_t place) {
      if (page.host(place).owner() != edit.owner) return false;
      replaced.push_back(place);
      return true;
    });
    if (edit.node.record != nullptr) nodes.push_back(edit.node);
  }
  append_nodes(at, nodes, replaced);
  return make_page(at, nodes);
}

// The last page of the new number takes its nodes from the one whose hashes differ in one bit.
void NodeTable::split() {
  const std::uint32_t to = pages_;
  const std::uint32_t from = to - std::bit_ceil(to + 1) / 2;
  std::vector<Node> nodes;
  append_nodes(from, nodes);
  set_pages(pages_ + 1);
  for (Node& node : nodes) node.hash = hash_of(Host(node.record).owner());
  const auto moved = std::partition(nodes.begin(), nodes.end(), [&](const Node& node) {
    return index(node.hash, pages_, mask_) == from;
  });
  const auto stay = static_cast<std::size_t>(moved - nodes.begin());
  const NewPage pages[] = {make_page(from, std::span(nodes).first(stay)),
                           make_page(to, std::span(nodes).subspan(stay))};
  put(pages);
}

void NodeTable::join() {
  const std::uint32_t from = pages_ - 1;
  const std::uint32_t to = from - std::bit_ceil(pages_) / 2;
  std::vector<Node> nodes;
  append_nodes(to, nodes);
  append_nodes(from, nodes);
  const NewPage pages[] = {make_page(to, nodes), {.at = from}};
  put(pages);
  set_pages(from);
}

NodeTable NodeTable::with(std::span<Edit> edits) const {
  for (const auto& chunk : chunks_) chunk->expect_holder();
  NodeTable table = *this;
  const auto page_of = [&](const Edit& edit) { return index(edit.node.hash, pages_, mask_); };
  std::ranges::sort(edits, {}, page_of);
  std::vector<NewPage> made;
  for (auto first = edits.begin(); first != edits.end();) {
    const std::uint32_t at = page_of(*first);
    const auto end =
        std::find_if(first, edits.end(), [&](const Edit& edit) { return page_of(edit) != at; });
    made.push_back(edited_page(at, {first, end}));
    table.size_ = table.size_ - chunk(at).pages[at % kFan]->count + made.back().page->count;
    first = end;
  }
  table.put(made);
  while (table.size_ > table.pages_ * kMostNodes) table.split();
  while (table.pages_ > 1 && table.size_ < table.pages_ * kLeastNodes) table.join();
  return table;
}

}  // namespace dns
