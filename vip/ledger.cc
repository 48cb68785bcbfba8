#include "vip/ledger.h"

#include <algorithm>
#include <cstring>

namespace vip {

std::size_t IpHash::operator()(const mesh::Ip& ip) const {
  std::uint64_t words[2] = {};
  std::memcpy(words, ip.bytes().data(), ip.bytes().size());
  return static_cast<std::size_t>(
      (words[0] ^ words[1] * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u >> 16);
}

Ledger::Ledger(std::vector<Lease> leases) : leases_(std::move(leases)) {
  index();
}

void Ledger::index() {
  if (!std::ranges::is_sorted(leases_)) std::ranges::sort(leases_);
  by_ip_.clear();
  by_ip_.reserve(leases_.size());
  for (std::uint32_t i = 0; i < leases_.size(); ++i) by_ip_.emplace(leases_[i].ip, i);
}

const Lease* Ledger::find(const mesh::Ip& ip) const {
  const auto found = by_ip_.find(ip);
  return found == by_ip_.end() ? nullptr : &leases_[found->second];
}

const Lease* Ledger::find(const mesh::ServiceId& service, mesh::Family family) const {
  auto at = std::ranges::lower_bound(leases_, service, {}, &Lease::service);
  const Lease* best = nullptr;
  for (; at != leases_.end() && at->service == service; ++at) {
    const Lease& lease = *at;
    if (lease.ip.family() != family) continue;
    if (!lease.released) return &lease;
    if (best == nullptr || *lease.released > *best->released) best = &lease;
  }
  return best;
}

void Ledger::apply(std::span<const Change> changes) {
  if (changes.empty()) return;
  std::vector<bool> forgotten(leases_.size(), false);
  std::vector<Lease> added;
  for (const auto& [what, lease, why] : changes) {
    const auto found = by_ip_.find(lease.ip);
    switch (what) {
      case Change::What::Allocate:
        added.push_back(lease);
        break;
      case Change::What::Forget:
        if (found != by_ip_.end()) forgotten[found->second] = true;
        break;
      case Change::What::Restore:
      case Change::What::Release:
        if (found != by_ip_.end()) leases_[found->second].released = lease.released;
        break;
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < forgotten.size(); ++i) {
    if (forgotten[i]) continue;
    if (kept != i) leases_[kept] = std::move(leases_[i]);
    ++kept;
  }
  leases_.resize(kept);
  leases_.insert(leases_.end(), added.begin(), added.end());
  index();
}

}  // namespace vip
