#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>

#include "dns/zone.h"

namespace dns {
namespace {

constexpr std::size_t kV4 = 4;
constexpr std::size_t kV6 = 16;

using Addresses = std::vector<Reverse::Address>;

// Sorted, each once. None if it is no host.
Addresses addresses(Host host, std::size_t octets) {
  Addresses all;
  if (!host.is(Host::kHost)) return all;
  all.resize(octets == kV4 ? host.v4_count() : host.v6_count());
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::memcpy(all[i].data(), octets == kV4 ? host.v4(i) : host.v6(i), octets);
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Addresses without(const Addresses& all, const Addresses& others) {
  Addresses rest;
  std::ranges::set_difference(all, others, std::back_inserter(rest));
  return rest;
}

}  // namespace

// The changes of one call of Zone::with(): which nodes they touch and what these become. Then all
// touched nodes go into the table at once, each page copied once.
class ZoneEdit {
 public:
  explicit ZoneEdit(const Zone& zone) : zone_(zone) {}

  void apply(const HostChange& change);
  std::shared_ptr<const Zone> finish(std::uint32_t serial);

 private:
  struct Node {
    Host before;  // its record in the old zone
    std::uint32_t hash = 0;
    unsigned flags = 0;  // as it will be, like all that follows
    std::uint32_t children = 0;
    const HostData* data = nullptr;  // of a host; null: as before
    std::vector<std::uint8_t> record = {};

    bool exists() const { return flags != 0 || children != 0; }
  };
  using Nodes = std::unordered_map<std::string, Node>;  // by owner, wire format
  struct Owner {
    std::string_view name;
    std::uint32_t hash;
  };
  // Of one address.
  struct Moves {
    std::vector<std::string_view> removed;
    std::vector<Owner> added;
  };

  Node& node(const Qname& qname, std::size_t label);
  void count_child(const Qname& qname, bool added);
  bool write_record(const std::string& owner, Node& node);
  NodeTable edit_nodes();
  Reverse edit_reverse(std::size_t octets);
  std::vector<std::uint32_t> moved(const Reverse::Hosts& hosts, Moves& moves);

  const Zone& zone_;
  Nodes nodes_;
  Qname qname_;
};

ZoneEdit::Node& ZoneEdit::node(const Qname& qname, std::size_t label) {
  const auto [at, added] = nodes_.try_emplace(std::string(qname.suffix(label)));
  Node& node = at->second;
  if (added) {
    node.before = zone_.node(qname, label);
    node.hash = NodeTable::hash_of(qname.hashes[label]);
    if (node.before.is(Host::kHost)) node.flags |= Host::kHost;
    if (node.before.is(Host::kApex)) node.flags |= Host::kApex;
    node.children = node.before ? node.before.children() : 0;
  }
  return node;
}

// The names between a node and its apex exist because of it, though they may own nothing
// (RFC 8020).
void ZoneEdit::count_child(const Qname& qname, bool added) {
  Found in;
  if (!zone_.find_apex(qname, in)) return;
  for (std::size_t label = 1; label < in.apex; ++label) {
    Node& parent = node(qname, label);
    const bool existed = parent.exists();
    parent.children += added ? 1u : -1u;
    if (parent.exists() == existed) return;
  }
}

void ZoneEdit::apply(const HostChange& change) {
  const std::string_view owner = change.owner.wire();
  qname_.assign(reinterpret_cast<const std::uint8_t*>(owner.data()), owner.size());
  Node& node = this->node(qname_, 0);
  const bool existed = node.exists();
  node.flags = (node.flags & Host::kApex) | (change.host ? unsigned{Host::kHost} : 0u);
  node.data = change.host ? &*change.host : nullptr;
  if (node.exists() != existed) count_child(qname_, node.exists());
}

// Whether it differs from the record before.
bool ZoneEdit::write_record(const std::string& owner, Node& node) {
  if (!node.exists()) return static_cast<bool>(node.before);
  Content content{.owner = owner, .flags = node.flags, .children = node.children};
  if (node.data != nullptr) {
    content.v4 = node.data->v4;
    content.v6 = node.data->v6;
    content.ports = node.data->ports;
  } else if ((node.flags & Host::kHost) != 0) {
    content.like = node.before;
  }
  node.record.resize(content.size());
  content.write(node.record.data());
  if (!node.before) return true;
  return node.before.size() != node.record.size() ||
         std::memcmp(node.before.record(), node.record.data(), node.record.size()) != 0;
}

NodeTable ZoneEdit::edit_nodes() {
  std::vector<NodeTable::Edit> edits;
  for (auto& [owner, node] : nodes_) {
    if (!write_record(owner, node)) continue;
    NodeTable::Edit edit{.owner = owner};
    edit.node.hash = node.hash;
    edit.node.size = static_cast<std::uint32_t>(node.record.size());
    if (node.exists()) edit.node.record = node.record.data();
    edits.push_back(edit);
  }
  return zone_.nodes_.with(edits);
}

// The hosts of an address, in the order of their names.
std::vector<std::uint32_t> ZoneEdit::moved(const Reverse::Hosts& hosts, Moves& moves) {
  std::ranges::sort(moves.removed);
  std::vector<Owner> owners = std::move(moves.added);
  // None stays: to look them up would cost a host of many addresses the square of their number.
  const std::size_t stay = hosts.size() - moves.removed.size();
  for (std::size_t i = 0; stay != 0 && i < hosts.size(); ++i) {
    const std::string_view name = zone_.host(hosts, i).owner();
    if (!std::ranges::binary_search(moves.removed, name)) owners.push_back({name, hosts.hash(i)});
  }
  std::ranges::sort(owners, text_before, &Owner::name);
  std::vector<std::uint32_t> hashes;
  for (const Owner& owner : owners) hashes.push_back(owner.hash);
  return hashes;
}

// REQUIRES: the records are written.
Reverse ZoneEdit::edit_reverse(std::size_t octets) {
  const Reverse& reverse = zone_.reverse(octets);
  std::map<Reverse::Address, Moves> all;
  for (const auto& [owner, node] : nodes_) {
    const bool is_host = (node.flags & Host::kHost) != 0;
    if (is_host && node.data == nullptr) continue;  // as before
    const Addresses before = addresses(node.before, octets);
    const Addresses after = addresses(is_host ? Host(node.record.data()) : Host(), octets);
    for (const auto& address : without(before, after)) all[address].removed.push_back(owner);
    for (const auto& address : without(after, before)) {
      all[address].added.push_back({owner, node.hash});
    }
  }
  std::vector<Reverse::Edit> edits;
  for (auto& [address, moves] : all) {
    if (!zone_.settings_.pointers_outside_ranges && !reverse.covers(address)) continue;
    edits.push_back({address, moved(reverse.find(address), moves)});
  }
  return reverse.with(edits);
}

std::shared_ptr<const Zone> ZoneEdit::finish(std::uint32_t serial) {
  const std::shared_ptr<Zone> zone(new Zone);
  zone->settings_ = zone_.settings_;
  zone->settings_.serial = serial;
  zone->apex_labels_ = zone_.apex_labels_;
  zone->name_apexes_ = zone_.name_apexes_;
  zone->hosts_ = zone_.hosts_;
  for (const auto& [owner, node] : nodes_) {
    zone->hosts_ += (node.flags & Host::kHost) != 0 ? 1u : 0u;
    zone->hosts_ -= node.before.is(Host::kHost) ? 1u : 0u;
  }
  zone->nodes_ = edit_nodes();
  zone->reverse4_ = edit_reverse(kV4);
  zone->reverse6_ = edit_reverse(kV6);
  return zone;
}

std::shared_ptr<const Zone> Zone::with(std::span<const HostChange> changes,
                                       std::uint32_t serial) const {
  // Changed alone, a name costs some twenty times what it costs among all.
  constexpr std::size_t kFew = 64;
  if (changes.size() > kFew && changes.size() > hosts_ / 16) return built_with(changes, serial);
  ZoneEdit edit(*this);
  for (const HostChange& change : changes) edit.apply(change);
  return edit.finish(serial);
}

}  // namespace dns
