// How many TCP connections there are, in all and of each client. WorkerContext by all workers: any
// thread may call it; it is locked only when a connection comes or goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "dns/client.h"

namespace dns {

class TcpLimits {
 public:
  TcpLimits(unsigned all, unsigned per_client) : all_(all), per_client_(per_client) {}

  enum class Admission : std::uint8_t {
    Admitted,
    OverLimit,  // admitted, and an idle connection is to be closed for it
    Rejected,   // not counted: the client has too many, or there are twice as many as allowed
  };
  Admission admit(const ClientAddress& client);
  // REQUIRES: a connection of `client` was admitted and not released since.
  void release(const ClientAddress& client);

 private:
  const unsigned all_;
  const unsigned per_client_;
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::map<ClientAddress, unsigned> clients_;
};

}  // namespace dns
