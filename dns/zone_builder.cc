#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dns/zone.h"

namespace dns {
namespace {

// The outermost of `apexes`, each once: a zone inside another is part of it.
std::vector<Name> merged(std::vector<Name> apexes) {
  std::ranges::sort(apexes, {}, [](const Name& name) { return name.wire().size(); });
  std::vector<Name> outer;
  for (Name& apex : apexes) {
    const auto contains = [&](const Name& other) { return apex.is_within(other); };
    if (std::ranges::none_of(outer, contains)) outer.push_back(std::move(apex));
  }
  return outer;
}

std::string_view parent_of(std::string_view owner) {  // wire format
  return owner.substr(std::size_t{1} + static_cast<std::uint8_t>(owner[0]));
}

// Memory for records, which stay where they are.
class Arena {
 public:
  std::uint8_t* take(std::size_t size) {
    if (size > left_) {
      left_ = std::max(size, kBlock);
      blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(left_));
      free_ = blocks_.back().get();
    }
    left_ -= size;
    return std::exchange(free_, free_ + size);
  }

 private:
  static constexpr std::size_t kBlock = 1 << 20;
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::uint8_t* free_ = nullptr;
  std::size_t left_ = 0;
};

// An address with the number of its host among all that were added.
struct Pointer {
  Reverse::Address address;
  std::uint32_t host;
};

// Stable, by one octet.
void sort_by(std::vector<Pointer>& pointers, std::size_t octet) {
  std::array<std::size_t, 257> begins{};
  for (const Pointer& pointer : pointers) ++begins[pointer.address[octet] + 1u];
  if (std::ranges::find(begins, pointers.size()) != begins.end()) return;  // all have the same
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  std::vector<Pointer> sorted(pointers.size());
  for (const Pointer& pointer : pointers) sorted[begins[pointer.address[octet]]++] = pointer;
  pointers = std::move(sorted);
}

// By address; stable. The addresses of a pool share most of their octets, so that few passes are
// needed.
void sort(std::vector<Pointer>& pointers, std::size_t octets) {
  for (std::size_t octet = octets; octet-- > 0;) sort_by(pointers, octet);
}

}  // namespace

// Hosts are collected as records, and the table is made at the end, when it is known which nodes
// there are.
class ZoneBuilder::Work {
 public:
  explicit Work(ZoneSettings settings);

  // `content` without flags and children.
  void add(Content content);
  void add_range(std::size_t octets, const Reverse::Address& first, unsigned length) {
    reverse(octets).add_range(first, length);
  }
  void take_ranges(const Zone& zone) {
    zone_->reverse4_ = zone.reverse4_.without_hosts();
    zone_->reverse6_ = zone.reverse6_.without_hosts();
  }
  std::shared_ptr<const Zone> finish();

 private:
  struct Item {
    NodeTable::Node node;
    std::uint32_t parent = 0;  // the hash of the name above it
    std::uint8_t depth = 0;    // labels below its apex; 0 outside all apexes as well
    bool repeated = false;     // the name was added before
  };
  struct ParentKey {
    std::string_view owner;
    std::uint32_t hash;
    bool operator==(const ParentKey& other) const { return owner == other.owner; }
  };
  struct HashOf {
    std::size_t operator()(const ParentKey& key) const { return key.hash; }
  };
  // A node that others are below.
  struct Parent {
    Item* host = nullptr;  // if it is one
    std::uint32_t children = 0;
  };

  Reverse& reverse(std::size_t octets) { return octets == 4 ? zone_->reverse4_ : zone_->reverse6_; }
  std::vector<Pointer>& pointers(std::size_t octets) {
    return octets == 4 ? pointers4_ : pointers6_;
  }
  NodeTable::Node write(const Content& content, std::uint32_t hash);
  Host host(const Item& item) const { return Host(item.node.record); }
  void collect_pointers(Host host, std::size_t octets);
  void index_items();
  Item* find(std::uint32_t hash, std::string_view owner);
  void count_child(const ParentKey& parent, unsigned depth);
  std::vector<NodeTable::Node> nodes();
  using Pointers = std::vector<Pointer>::iterator;
  void sort_by_name(Pointers first, Pointers end);
  void fill_reverse(std::size_t octets);

  std::shared_ptr<Zone> zone_;
  Arena arena_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> slots_;  // numbers of items plus one by hash; open addressing
  std::unordered_map<ParentKey, Parent, HashOf> parents_;
  std::vector<Pointer> pointers4_;
  std::vector<Pointer> pointers6_;
};

ZoneBuilder::Work::Work(ZoneSettings settings) : zone_(new Zone) {
  zone_->settings_ = std::move(settings);
  zone_->settings_.apexes = merged(std::move(zone_->settings_.apexes));
  zone_->name_apexes_ = zone_->settings_.apexes.size();
  for (const Name& apex : zone_->settings_.apexes) zone_->apex_labels_.set(apex.labels());
  // Until all nodes are known the table has the apexes, so that each host finds its own.
  zone_->nodes_ = NodeTable(nodes());
}

NodeTable::Node ZoneBuilder::Work::write(const Content& content, std::uint32_t hash) {
  const std::size_t size = content.size();
  std::uint8_t* const record = arena_.take(size);
  content.write(record);
  return {hash, static_cast<std::uint32_t>(size), record};
}

void ZoneBuilder::Work::add(Content content) {
  Qname qname;
  qname.assign(reinterpret_cast<const std::uint8_t*>(content.owner.data()), content.owner.size());
  Found in;
  const bool inside = zone_->find_apex(qname, in);
  content.flags = inside && in.apex == 0 ? Host::kHost | Host::kApex : Host::kHost;
  Item item;
  item.node = write(content, NodeTable::hash_of(qname.hashes[0]));
  if (inside && in.apex != 0) {
    item.depth = in.apex;
    item.parent = NodeTable::hash_of(qname.hashes[1]);
  }
  items_.push_back(item);
  collect_pointers(host(item), 4);
  collect_pointers(host(item), 16);
}

void ZoneBuilder::Work::collect_pointers(Host host, std::size_t octets) {
  const auto number = static_cast<std::uint32_t>(items_.size() - 1);
  const std::size_t count = octets == 4 ? host.v4_count() : host.v6_count();
  for (std::size_t i = 0; i < count; ++i) {
    Pointer& pointer = pointers(octets).emplace_back();
    std::memcpy(pointer.address.data(), octets == 4 ? host.v4(i) : host.v6(i), octets);
    pointer.host = number;
  }
}

void ZoneBuilder::Work::index_items() {
  slots_.assign(std::bit_ceil(2 * items_.size() + 1), 0);
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    Item& item = items_[i];
    item.repeated = find(item.node.hash, host(item).owner()) != nullptr;
    if (item.repeated) continue;
    std::size_t at = item.node.hash & (slots_.size() - 1);
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = i + 1;
    ++zone_->hosts_;
  }
}

ZoneBuilder::Work::Item* ZoneBuilder::Work::find(std::uint32_t hash, std::string_view owner) {
  for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] == 0) return nullptr;
    Item& item = items_[slots_[at] - 1];
    if (item.node.hash == hash && host(item).owner() == owner) return &item;
  }
}

// `depth`: of the parent.
void ZoneBuilder::Work::count_child(const ParentKey& parent, unsigned depth) {
  const auto [at, added] = parents_.try_emplace(parent);
  ++at->second.children;
  if (!added) return;
  at->second.host = find(parent.hash, parent.owner);
  // A host is counted as a child of its own parent already.
  if (at->second.host != nullptr || depth == 1) return;
  const std::string_view above = parent_of(parent.owner);
  count_child({above, NodeTable::hash_of(above)}, depth - 1);
}

// The hosts, the empty non-terminals above them (RFC 8020) and the apexes.
std::vector<NodeTable::Node> ZoneBuilder::Work::nodes() {
  index_items();
  for (const Item& item : items_) {
    if (item.repeated || item.depth < 2) continue;
    count_child({parent_of(host(item).owner()), item.parent}, item.depth - 1u);
  }
  std::vector<NodeTable::Node> nodes;
  nodes.reserve(items_.size() + parents_.size() + zone_->name_apexes_);
  for (const auto& [key, parent] : parents_) {
    Content content{.owner = key.owner, .children = parent.children};
    if (parent.host == nullptr) {
      nodes.push_back(write(content, key.hash));
    } else {
      content.like = host(*parent.host);
      content.flags = Host::kHost;
      parent.host->node = write(content, key.hash);
    }
  }
  for (std::size_t i = 0; i < zone_->name_apexes_; ++i) {
    const std::string_view apex = zone_->settings_.apexes[i].wire();
    const std::uint32_t hash = NodeTable::hash_of(apex);
    if (find(hash, apex) != nullptr) continue;
    nodes.push_back(write({.owner = apex, .flags = Host::kApex}, hash));
  }
  for (const Item& item : items_) {
    if (!item.repeated) nodes.push_back(item.node);
  }
  return nodes;
}

void ZoneBuilder::Work::sort_by_name(Pointers first, Pointers end) {
  const auto owner = [&](const Pointer& pointer) { return host(items_[pointer.host]).owner(); };
  std::sort(first, end,
            [&](const Pointer& a, const Pointer& b) { return text_before(owner(a), owner(b)); });
}

void ZoneBuilder::Work::fill_reverse(std::size_t octets) {
  Reverse& reverse = this->reverse(octets);
  std::vector<Pointer>& pointers = this->pointers(octets);
  const bool outside = zone_->settings_.pointers_outside_ranges;
  std::erase_if(pointers, [&](const Pointer& pointer) {
    return items_[pointer.host].repeated || !(outside || reverse.covers(pointer.address));
  });
  sort(pointers, octets);
  std::vector<Reverse::Entry> entries;
  entries.reserve(pointers.size());
  for (auto first = pointers.begin(); first != pointers.end();) {
    const auto end = std::find_if(first, pointers.end(), [&](const Pointer& pointer) {
      return pointer.address != first->address;
    });
    if (end - first > 1) sort_by_name(first, end);
    for (auto pointer = first; pointer != end; ++pointer) {
      // A host that has the address twice is one hostname of it.
      if (pointer != first && pointer->host == (pointer - 1)->host) continue;
      entries.push_back({pointer->address, items_[pointer->host].node.hash});
    }
    first = end;
  }
  reverse.fill(entries);
  for (Name& apex : reverse.apexes()) zone_->settings_.apexes.push_back(std::move(apex));
}

std::shared_ptr<const Zone> ZoneBuilder::Work::finish() {
  zone_->nodes_ = NodeTable(nodes());
  fill_reverse(4);
  fill_reverse(16);
  return std::move(zone_);
}

ZoneBuilder::ZoneBuilder(ZoneSettings settings)
    : work_(std::make_unique<Work>(std::move(settings))) {}

ZoneBuilder::ZoneBuilder(ZoneBuilder&&) noexcept = default;
ZoneBuilder::~ZoneBuilder() = default;

void ZoneBuilder::add_host(const Name& owner, std::span<const Ipv4> v4, std::span<const Ipv6> v6,
                           std::span<const SrvPort> ports) {
  work_->add({.owner = owner.wire(), .v4 = v4, .v6 = v6, .ports = ports});
}

void ZoneBuilder::add_hosts(const Zone& zone) {
  zone.each_host([&](const Host& host) { work_->add({.owner = host.owner(), .like = host}); });
}

void ZoneBuilder::add_reverse(const Ipv4& first, unsigned length) {
  Reverse::Address address{};
  std::ranges::copy(first, address.begin());
  work_->add_range(4, address, length);
}

void ZoneBuilder::add_reverse(const Ipv6& first, unsigned length) {
  work_->add_range(16, first, length);
}

std::shared_ptr<const Zone> ZoneBuilder::build() && {
  return work_->finish();
}

// Apexes of the reverse are no names of the table: those that zone.settings() lists are left out.
std::shared_ptr<const Zone> Zone::rebuilt(ZoneSettings settings) const {
  const auto of_reverse = std::span(settings_.apexes).subspan(name_apexes_);
  std::erase_if(settings.apexes, [&](const Name& apex) {
    return std::ranges::find(of_reverse, apex) != of_reverse.end();
  });
  settings.apexes = merged(std::move(settings.apexes));
  const auto of_names = std::span(settings_.apexes).first(name_apexes_);
  if (std::ranges::is_permutation(settings.apexes, of_names) &&
      settings.pointers_outside_ranges == settings_.pointers_outside_ranges) {
    const std::shared_ptr<Zone> zone(new Zone(*this));
    zone->settings_ = std::move(settings);
    zone->settings_.apexes = settings_.apexes;
    return zone;
  }
  ZoneBuilder builder(std::move(settings));
  builder.work_->take_ranges(*this);
  builder.add_hosts(*this);
  return std::move(builder).build();
}

std::shared_ptr<const Zone> Zone::built_with(std::span<const HostChange> changes,
                                             std::uint32_t serial) const {
  std::unordered_map<std::string_view, const HostChange*> last;  // of each name
  for (const HostChange& change : changes) last[change.owner.wire()] = &change;
  ZoneSettings settings = settings_;
  settings.apexes.resize(name_apexes_);
  settings.serial = serial;
  ZoneBuilder builder(std::move(settings));
  builder.work_->take_ranges(*this);
  each_host([&](const Host& host) {
    if (!last.contains(host.owner())) builder.work_->add({.owner = host.owner(), .like = host});
  });
  for (const auto& [owner, change] : last) {
    if (!change->host) continue;
    const HostData& host = *change->host;
    builder.add_host(change->owner, host.v4, host.v6, host.ports);
  }
  return std::move(builder).build();
}

}  // namespace dns
