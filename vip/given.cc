#include "vip/given.h"

#include <cassert>

namespace vip {

void Given::set(const Request& request) {
  erase(request.service);
  if (request.borrowed || request.given.empty()) return;
  const auto at = requests_.emplace(request.service, request).first;
  for (const mesh::Ip& ip : at->second.given) by_ip_.emplace(ip, &at->first);
}

void Given::erase(const mesh::ServiceId& service) {
  const auto found = requests_.find(service);
  if (found == requests_.end()) return;
  for (const mesh::Ip& ip : found->second.given) {
    auto [at, end] = by_ip_.equal_range(ip);
    while (at != end) at = at->second == &found->first ? by_ip_.erase(at) : std::next(at);
  }
  requests_.erase(found);
}

const Request* Given::of(const mesh::ServiceId& service) const {
  const auto found = requests_.find(service);
  return found == requests_.end() ? nullptr : &found->second;
}

const mesh::ServiceId& Given::winner(const mesh::Ip& ip, const Ledger& ledger) const {
  const auto lease = ledger.view(ip);
  const mesh::ServiceId* winner = nullptr;
  const auto [begin, end] = by_ip_.equal_range(ip);
  assert(begin != end);
  winner = begin->second;
  for (auto at = begin; at != end; ++at) {
    if (lease && !lease->released && lease->is_of(*at->second)) return *at->second;
    if (*at->second < *winner) winner = at->second;
  }
  return *winner;
}

}  // namespace vip
