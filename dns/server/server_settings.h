// What a Server listens on, for whom, and within which limits: a plain struct.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "dns/client.h"
#include "dns/resolver/resolver_settings.h"
#include "dns/server/endpoint.h"

namespace dns {

struct Exchange;

// A range of client addresses; of IPv4 with 96 added to the length.
struct ClientPrefix {
  ClientAddress first{};
  unsigned length = 0;
};

struct ServerSettings {
  std::vector<Endpoint> listen;
  // Sockets that were bound before this process was started, UDP and TCP for each address. The
  // Server takes ownership; all workers read from them, and what is unread when it stops is left in
  // them for the next process.
  std::vector<int> inherited;
  unsigned workers = 1;
  std::vector<ClientPrefix> allow;          // other clients are REFUSED, EDE 18 (Prohibited)
  std::uint32_t tcp_idle_timeout = 10'000;  // ms
  unsigned tcp_max_connections = 1024;      // of all workers together
  unsigned tcp_max_connections_per_client = 256;
  ResolverSettings resolver;
  // Called with each exchange on the thread of the worker of that number, if it is set: it must not
  // block.
  std::function<void(unsigned worker, const Exchange&)> observe;
};

}  // namespace dns
