#include "dns/resolver/upstream.h"

#include <algorithm>

namespace dns {

const Route* find_route(const Routes& routes, const Name& qname) {
  const Route* best = nullptr;
  for (const Route& route : routes) {
    if (!qname.is_within(route.zone)) continue;
    if (best == nullptr || route.zone.wire().size() > best->zone.wire().size()) best = &route;
  }
  return best;
}

std::chrono::seconds Health::pause() const {
  constexpr unsigned kMaxDoublings = 5;  // 32 s
  return std::chrono::seconds(1u << std::min(failures_ - 1, kMaxDoublings));
}

void Health::failed(Time sent, Time now) {
  if (failures_ != 0 && sent < failed_at_) return;
  ++failures_;
  failed_at_ = now;
  next_probe_ = now + pause();
}

bool Health::probe(Time now) {
  if (well() || now < next_probe_) return false;
  next_probe_ = now + pause();
  return true;
}

std::vector<std::size_t> plan(std::span<const Health* const> servers) {
  std::vector<std::size_t> order;
  const auto add = [&](auto wanted) {
    for (std::size_t i = 0; i < servers.size() && order.size() < kMaxAttempts; ++i) {
      if (wanted(*servers[i])) order.push_back(i);
    }
  };
  add([](const Health& health) { return health.well(); });
  add([](const Health& health) { return !health.well(); });
  const auto again = [](const Health& health) { return !health.dead(); };
  for (std::size_t before = 0; before != order.size();) {
    before = order.size();
    add(again);
  }
  return order;
}

}  // namespace dns
