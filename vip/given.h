// The addresses that status.vips give to services, found by service and by address. Internal to the
// folder.
#pragma once

#include <map>
#include <unordered_map>

#include "mesh/ip.h"
#include "mesh/resources.h"
#include "vip/allocate.h"
#include "vip/ledger.h"

namespace vip {

class Given {
 public:
  Given() = default;
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;

  // In place of what the service was given before. Requests that are given nothing, or that borrow,
  // leave nothing here.
  void set(const Request& request);
  void erase(const mesh::ServiceId& service);

  // Null: it is given nothing.
  const Request* of(const mesh::ServiceId& service) const;
  // The service that has `ip`, of those that are given it: the one with a living lease of it, else
  // the first in order. REQUIRES: it is given to one at least.
  const mesh::ServiceId& winner(const mesh::Ip& ip, const Ledger& ledger) const;

 private:
  std::map<mesh::ServiceId, Request> requests_;
  std::unordered_multimap<mesh::Ip, const mesh::ServiceId*, IpHash> by_ip_;  // keys of requests_
};

}  // namespace vip
