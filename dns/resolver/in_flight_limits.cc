#include "dns/resolver/in_flight_limits.h"

#include <algorithm>
#include <cassert>

namespace dns {
namespace {

bool is_loopback(const ClientAddress& client) {
  constexpr ClientAddress kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  constexpr ClientAddress kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return client == kLoopback || std::equal(client.begin(), client.begin() + 13, kMapped.begin());
}

}  // namespace

bool InFlightLimits::admit(const ClientAddress& client) {
  if (count_ >= all_) return false;
  const auto found = clients_.find(client);
  const unsigned of_client = found == clients_.end() ? 0 : found->second;
  if (of_client >= per_client_ && !is_loopback(client)) return false;
  ++clients_[client];
  ++count_;
  return true;
}

void InFlightLimits::release(const ClientAddress& client) {
  const auto found = clients_.find(client);
  assert(found != clients_.end());
  --count_;
  if (--found->second == 0) clients_.erase(found);
}

}  // namespace dns
