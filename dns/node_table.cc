#include "dns/node_table.h"

#include <algorithm>

#include "dns/query.h"

namespace dns {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tags are numbered from the lowest octet");

// Nodes per page: of a new table, and where it grows and shrinks by a page. A smaller page is
// cheaper to replace, and its tags lie in fewer cache lines; a larger one makes the list of pages
// shorter, which every change copies a part of.
constexpr std::size_t kNodes = 20;
constexpr std::size_t kMostNodes = 24;
constexpr std::size_t kLeastNodes = 10;

}  // namespace

std::uint32_t NodeTable::hash_of(std::string_view owner) {
  Qname qname;
  qname.assign(reinterpret_cast<const std::uint8_t*>(owner.data()), owner.size());
  return hash_of(qname.hashes[0]);
}

NodeTable::Node NodeTable::Page::node(std::uint32_t i) const {
  const std::uint32_t begin = place(i);
  const std::uint32_t end = i + 1 < count ? place(i + 1) : bytes;
  std::uint16_t tag;
  std::memcpy(&tag, tags() + 2 * std::size_t{i}, sizeof tag);
  return {std::uint32_t{tag} << 16, end - begin, base() + begin};
}

boost::intrusive_ptr<const NodeTable::Page> NodeTable::make_page(std::span<const Node> nodes) {
  const std::size_t padded = Page::padded(nodes.size());
  std::size_t place = sizeof(Page) + 2 * padded + 4 * nodes.size();
  std::size_t bytes = place;
  for (const Node& node : nodes) bytes += node.size;
  const auto page = Page::make(bytes - sizeof(Page));
  page->bytes = static_cast<std::uint32_t>(bytes);
  page->count = static_cast<std::uint32_t>(nodes.size());
  auto* const base = reinterpret_cast<std::uint8_t*>(page.get());
  std::uint8_t* tags = base + sizeof(Page);
  std::memset(tags, 0, 2 * padded);
  std::uint8_t* places = tags + 2 * padded;
  for (const Node& node : nodes) {
    const std::uint16_t tag = NodeTable::tag(node.hash);
    const auto place32 = static_cast<std::uint32_t>(place);
    std::memcpy(tags, &tag, sizeof tag);
    std::memcpy(places, &place32, sizeof place32);
    std::memcpy(base + place, node.record, node.size);
    tags += sizeof tag;
    places += sizeof place32;
    place += node.size;
  }
  return page;
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
    chunk = copy;
  }
  return *chunk;
}

void NodeTable::put(std::uint32_t at, boost::intrusive_ptr<const Page> page) {
  boost::intrusive_ptr<const Page>& here = own_chunk(at).pages[at % kFan];
  if (here) page_bytes_ -= here->bytes;
  if (page) page_bytes_ += page->bytes;
  here = std::move(page);
}

void NodeTable::append_nodes(std::uint32_t at, std::vector<Node>& nodes) const {
  const Page& page = *this->page(at);
  for (std::uint32_t i = 0; i < page.count; ++i) nodes.push_back(page.node(i));
}

void NodeTable::edit_page(std::uint32_t at, std::span<const Edit> edits) {
  const Page& old = *page(at);
  std::vector<Node> nodes;
  nodes.reserve(old.count + edits.size());
  std::vector<bool> replaced(old.count);
  for (const Edit& edit : edits) {
    old.search(tag(edit.node.hash), [&](std::uint32_t i) {
      return old.host(i).owner() == edit.owner && (replaced[i] = true);
    });
    if (edit.node.record != nullptr) nodes.push_back(edit.node);
  }
  for (std::uint32_t i = 0; i < old.count; ++i) {
    if (!replaced[i]) nodes.push_back(old.node(i));
  }
  size_ = size_ - old.count + nodes.size();
  put(at, make_page(nodes));
}

// The last page of the new number takes its nodes from the one whose hashes differ in one bit.
void NodeTable::split() {
  const std::uint32_t to = pages_;
  const std::uint32_t from = to - std::bit_ceil(to + 1) / 2;
  const boost::intrusive_ptr<const Page> old = page(from);
  set_pages(pages_ + 1);
  std::vector<Node> stay;
  std::vector<Node> move;
  for (std::uint32_t i = 0; i < old->count; ++i) {
    Node node = old->node(i);
    node.hash = hash_of(old->host(i).owner());
    (index(node.hash, pages_, mask_) == to ? move : stay).push_back(node);
  }
  put(from, make_page(stay));
  put(to, make_page(move));
}

void NodeTable::join() {
  const std::uint32_t from = pages_ - 1;
  const std::uint32_t to = from - std::bit_ceil(pages_) / 2;
  std::vector<Node> nodes;
  append_nodes(to, nodes);
  append_nodes(from, nodes);
  put(to, make_page(nodes));
  put(from, nullptr);
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
