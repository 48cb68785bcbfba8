#include "dns/resolver/health.h"

#include <algorithm>

namespace dns {

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

bool Health::take_probe(Time now) {
  if (healthy() || now < next_probe_) return false;
  next_probe_ = now + pause();
  return true;
}

std::vector<std::size_t> attempt_order(std::span<const Health* const> upstreams) {
  std::vector<std::size_t> order;
  const auto add = [&](auto wanted) {
    for (std::size_t i = 0; i < upstreams.size() && order.size() < kMaxAttempts; ++i) {
      if (wanted(*upstreams[i])) order.push_back(i);
    }
  };
  add([](const Health& health) { return health.healthy(); });
  add([](const Health& health) { return !health.healthy(); });
  const auto again = [](const Health& health) { return !health.dead(); };
  for (std::size_t before = 0; before != order.size();) {
    before = order.size();
    add(again);
  }
  return order;
}

}  // namespace dns
