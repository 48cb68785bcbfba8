// Serves a zone over UDP and TCP: one worker thread a core, each with its own SO_REUSEPORT
// sockets, so that nothing is shared while answering; or with sockets that it was started with.
//
// The Server belongs to one thread, which alone calls it. What publish() is given holds for every
// query that is received after it returns; forward() and drain() reach the other threads as
// messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dns/resolver/routes.h"
#include "dns/resolver/upstream_transport.h"
#include "dns/server/counters.h"
#include "dns/server/endpoint.h"
#include "dns/server/server_settings.h"
#include "dns/zone.h"

namespace dns {

class Server {
 public:
  // Binds all addresses but those that are inherited; from then on the kernel queues what arrives.
  // Answers come from `zone`, and upstreams are asked by what `make_transport` makes. Throws
  // BindError.
  Server(const ServerSettings& settings, std::shared_ptr<const Zone> zone,
         TransportFactory make_transport = dns::make_transport);
  // Stops as drain(0) does, if drain() wasn't called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts the workers. forward() before it sets the upstreams of the first queries.
  void start();
  // What is received after it returns is answered from `zone`, by whichever worker.
  void publish(std::shared_ptr<const Zone> zone);
  // The upstreams of names that are not ours, from now on; none at first. They must not be this
  // server itself.
  void forward(Routes routes);

  // What is served, port 0 resolved: first the inherited addresses, then the others of
  // ServerSettings::listen.
  const std::vector<Endpoint>& bound() const;
  std::size_t inherited() const;  // how many of them
  Counters counters() const;

  // Stops accepting, answers what was received, waits up to `timeout` ms for TCP sessions and
  // queries in flight, and joins the workers.
  void drain(std::uint32_t timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dns
