// How many queries may wait for upstreams, in all and of each client. Belongs to one thread.
#pragma once

#include <map>

#include "dns/client.h"

namespace dns {

class InFlightLimits {
 public:
  InFlightLimits(unsigned all, unsigned per_client) : all_(all), per_client_(per_client) {}

  // Counts a query of `client`; false, and nothing is counted, at a limit. Clients on this host
  // have no limit of their own: all its programs come from one address.
  bool admit(const ClientAddress& client);
  // REQUIRES: a query of `client` was admitted and not released since.
  void release(const ClientAddress& client);

 private:
  const unsigned all_;
  const unsigned per_client_;
  unsigned count_ = 0;
  std::map<ClientAddress, unsigned> clients_;
};

}  // namespace dns
