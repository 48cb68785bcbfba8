#include "vip/ledger.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace vip {
namespace {

constexpr std::uint32_t kNone = Slots::kNone;
constexpr Seconds kLiving = std::numeric_limits<Seconds>::min();
constexpr unsigned kBlockBits = 16;
constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;
constexpr std::size_t kLength = sizeof(std::uint32_t);  // in front of a name

std::uint32_t tag_of(std::uint32_t mesh, mesh::Kind kind, mesh::Family family) {
  return mesh << 3 | static_cast<std::uint32_t>(kind) << 1 | static_cast<std::uint32_t>(family);
}
std::uint32_t mesh_of(std::uint32_t tag) {
  return tag >> 3;
}
mesh::Kind kind_of(std::uint32_t tag) {
  return static_cast<mesh::Kind>(tag >> 1 & 3);
}
bool is_v6(std::uint32_t tag) {
  return (tag & 1) != 0;
}

// Of a service. The family is in the tag, and no part of a service's identity.
std::uint64_t hash_of(std::uint32_t tag, std::string_view name) {
  return std::hash<std::string_view>()(name) ^ (tag >> 1) * std::uint64_t{0x9e3779b97f4a7c15u};
}

}  // namespace

std::size_t IpHash::operator()(const mesh::Ip& ip) const {
  std::uint64_t words[2] = {};
  std::memcpy(words, ip.bytes().data(), ip.bytes().size());
  return static_cast<std::size_t>(
      (words[0] ^ words[1] * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u >> 16);
}

Ledger::Ledger(const std::vector<Lease>& leases) {
  reserve(leases.size());
  for (const Lease& lease : leases) {
    add({lease.service.kind, lease.service.mesh, lease.service.name, lease.ip, lease.since,
         lease.released});
  }
}

mesh::Ip Ledger::ip_of(const Entry& entry) const {
  return is_v6(entry.tag) ? mesh::Ip::v6(v6_[entry.ip]) : mesh::Ip::v4(entry.ip);
}

std::string_view Ledger::name_of(const Entry& entry) const {
  const std::string_view block =
      std::string_view(names_[entry.name >> kBlockBits]).substr(entry.name & (kBlock - 1));
  std::uint32_t length = 0;
  std::memcpy(&length, block.data(), kLength);
  return block.substr(kLength, length);
}

LeaseView Ledger::view_of(const Entry& entry) const {
  LeaseView view{kind_of(entry.tag), meshes_[mesh_of(entry.tag)],
                 name_of(entry),     ip_of(entry),
                 entry.since,        std::nullopt};
  if (entry.released != kLiving) view.released = entry.released;
  return view;
}

std::uint64_t Ledger::service_hash(std::uint32_t number) const {
  return hash_of(entries_[number].tag, name_of(entries_[number]));
}

std::uint64_t Ledger::ip_hash(std::uint32_t number) const {
  return IpHash()(ip_of(entries_[number]));
}

std::uint32_t Ledger::number_of(const mesh::Ip& ip) const {
  return by_ip_.find(IpHash()(ip),
                     [&](std::uint32_t number) { return ip_of(entries_[number]) == ip; });
}

std::uint32_t Ledger::first_of(std::uint32_t tag, std::string_view name) const {
  return by_service_.find(hash_of(tag, name), [&](std::uint32_t number) {
    return entries_[number].tag >> 1 == tag >> 1 && name_of(entries_[number]) == name;
  });
}

std::uint32_t Ledger::first_of(const mesh::ServiceId& service) const {
  const auto mesh = std::ranges::find(meshes_, service.mesh);
  if (mesh == meshes_.end()) return kNone;
  return first_of(
      tag_of(static_cast<std::uint32_t>(mesh - meshes_.begin()), service.kind, mesh::Family::V4),
      service.name);
}

void Ledger::reserve(std::size_t leases) {
  by_service_.reserve(leases, [this](std::uint32_t n) { return service_hash(n); });
  by_ip_.reserve(leases, [this](std::uint32_t n) { return ip_hash(n); });
}

std::uint32_t Ledger::add_mesh(std::string_view mesh) {
  const auto at = static_cast<std::size_t>(std::ranges::find(meshes_, mesh) - meshes_.begin());
  if (at == meshes_.size()) meshes_.emplace_back(mesh);
  return static_cast<std::uint32_t>(at);
}

std::uint32_t Ledger::add_name(std::string_view name) {
  const std::size_t size = kLength + name.size();
  if (names_.empty() || names_.back().size() + size > kBlock) {
    names_.emplace_back();
    if (names_.size() > 1) names_.back().reserve(std::max(size, kBlock));
  }
  std::string& block = names_.back();
  const std::size_t at = (names_.size() - 1) << kBlockBits | block.size();
  const auto length = static_cast<std::uint32_t>(name.size());
  char bytes[kLength];
  std::memcpy(bytes, &length, kLength);
  block.append(bytes, kLength).append(name);
  name_bytes_ += size;
  return static_cast<std::uint32_t>(at);
}

std::uint32_t Ledger::add_v6(const mesh::Ip& ip) {
  std::uint32_t at = 0;
  if (free_v6_.empty()) {
    at = static_cast<std::uint32_t>(v6_.size());
    v6_.emplace_back();
  } else {
    at = free_v6_.back();
    free_v6_.pop_back();
  }
  std::ranges::copy(ip.bytes(), v6_[at].begin());
  return at;
}

void Ledger::add(const LeaseView& lease) {
  assert(!contains(lease.ip));
  std::uint32_t number = free_;
  if (number == kNone) {
    number = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_ = entries_[number].next;
  }
  Entry& entry = entries_[number];
  entry.since = lease.since;
  entry.released = lease.released.value_or(kLiving);
  entry.tag = tag_of(add_mesh(lease.mesh), lease.kind, lease.ip.family());
  entry.name = add_name(lease.name);
  if (lease.ip.is_v4()) {
    entry.ip = 0;
    for (const std::uint8_t byte : lease.ip.bytes()) entry.ip = entry.ip << 8 | byte;
  } else {
    entry.ip = add_v6(lease.ip);
  }
  link(number);
  by_ip_.insert(number, IpHash()(lease.ip), [this](std::uint32_t n) { return ip_hash(n); });
  ++size_;
}

// Puts it in front of the other leases of its service.
void Ledger::link(std::uint32_t number) {
  Entry& entry = entries_[number];
  const std::string_view name = name_of(entry);
  const std::uint64_t hash = hash_of(entry.tag, name);
  const auto hash_of_number = [this](std::uint32_t n) { return service_hash(n); };
  entry.next = first_of(entry.tag, name);
  if (entry.next == kNone) {
    by_service_.insert(number, hash, hash_of_number);
  } else {
    by_service_.replace(entry.next, number, hash, hash_of_number);
  }
}

void Ledger::unlink(std::uint32_t number) {
  const Entry& entry = entries_[number];
  const auto hash_of_number = [this](std::uint32_t n) { return service_hash(n); };
  const std::uint32_t first = first_of(entry.tag, name_of(entry));
  if (first != number) {
    std::uint32_t at = first;
    while (entries_[at].next != number) at = entries_[at].next;
    entries_[at].next = entry.next;
  } else if (entry.next != kNone) {
    by_service_.replace(number, entry.next, service_hash(number), hash_of_number);
  } else {
    by_service_.erase(number, service_hash(number), hash_of_number);
  }
}

void Ledger::forget(std::uint32_t number) {
  Entry& entry = entries_[number];
  const mesh::Ip ip = ip_of(entry);
  by_ip_.erase(number, IpHash()(ip), [this](std::uint32_t n) { return ip_hash(n); });
  unlink(number);
  if (!ip.is_v4()) free_v6_.push_back(entry.ip);
  dead_name_bytes_ += kLength + name_of(entry).size();
  entry.name = kNone;
  entry.next = std::exchange(free_, number);
  --size_;
  drop_dead_names();
}

void Ledger::drop_dead_names() {
  if (dead_name_bytes_ < kBlock || dead_name_bytes_ * 2 < name_bytes_) return;
  Ledger living;
  for (Entry& entry : entries_) {
    if (!is_free(entry)) entry.name = living.add_name(name_of(entry));
  }
  names_ = std::move(living.names_);
  name_bytes_ = living.name_bytes_;
  dead_name_bytes_ = 0;
}

std::optional<LeaseView> Ledger::view(const mesh::Ip& ip) const {
  const std::uint32_t number = number_of(ip);
  if (number == kNone) return std::nullopt;
  return view_of(entries_[number]);
}

std::optional<Lease> Ledger::find(const mesh::Ip& ip) const {
  const auto found = view(ip);
  if (!found) return std::nullopt;
  return found->lease();
}

std::vector<LeaseView> Ledger::of(const mesh::ServiceId& service) const {
  std::vector<LeaseView> leases;
  for_each_of(service, [&](std::uint32_t, const LeaseView& lease) { leases.push_back(lease); });
  std::ranges::sort(leases, {}, &LeaseView::ip);
  return leases;
}

std::optional<Lease> Ledger::find(const mesh::ServiceId& service, mesh::Family family) const {
  std::optional<LeaseView> best;
  for (const LeaseView& lease : of(service)) {
    if (lease.ip.family() != family) continue;
    if (!lease.released) return lease.lease();
    if (!best || *lease.released > *best->released) best = lease;
  }
  if (!best) return std::nullopt;
  return best->lease();
}

std::vector<Lease> Ledger::leases() const {
  std::vector<LeaseView> views;
  views.reserve(size_);
  for_each([&](std::uint32_t, const LeaseView& lease) { views.push_back(lease); });
  std::ranges::sort(views, read_before);
  std::vector<Lease> leases;
  leases.reserve(size_);
  for (const LeaseView& view : views) leases.push_back(view.lease());
  return leases;
}

void Ledger::apply(const Change& change) {
  const Lease& lease = change.lease;
  const std::uint32_t number = number_of(lease.ip);
  switch (change.what) {
    case Change::What::Allocate:
      return add({lease.service.kind, lease.service.mesh, lease.service.name, lease.ip, lease.since,
                  lease.released});
    case Change::What::Forget:
      if (number != kNone) forget(number);
      return;
    case Change::What::Restore:
    case Change::What::Release:
      if (number != kNone) entries_[number].released = lease.released.value_or(kLiving);
      return;
  }
}

void Ledger::apply(std::span<const Change> changes) {
  for (const Change& change : changes) apply(change);
}

}  // namespace vip
