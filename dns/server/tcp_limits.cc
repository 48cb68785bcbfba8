#include "dns/server/tcp_limits.h"

#include <cassert>

namespace dns {

TcpLimits::Admission TcpLimits::admit(const ClientAddress& client) {
  const std::lock_guard lock(mutex_);
  // Twice the limit is only reached while idle connections of other workers are being closed, or
  // when none is idle.
  if (count_ >= 2 * std::size_t{all_}) return Admission::Rejected;
  const auto found = clients_.find(client);
  const unsigned of_client = found == clients_.end() ? 0 : found->second;
  if (of_client >= per_client_) return Admission::Rejected;
  ++clients_[client];
  return ++count_ > all_ ? Admission::OverLimit : Admission::Admitted;
}

void TcpLimits::release(const ClientAddress& client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  assert(found != clients_.end());
  --count_;
  if (--found->second == 0) clients_.erase(found);
}

}  // namespace dns
