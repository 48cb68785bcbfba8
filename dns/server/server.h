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

#include "dns/resolver/upstream.h"
#include "dns/server/counters.h"
#include "dns/server/endpoint.h"
#include "dns/server/server_settings.h"
#include "dns/zone.h"

namespace dns {

class Server {
 public:
  // Binds all addresses but those that are inherited; from then on the kernel keeps what is asked.
  // `zone` is what will be answered from. Throws BindError.
  Server(const ServerSettings& settings, std::shared_ptr<const Zone> zone);
  // Stops as drain(0) does, if drain() wasn't called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts the workers. Before it, forward() says whom the first of them asks.
  void start();
  // What is received after it is answered from `zone`, whichever worker receives it.
  void publish(std::shared_ptr<const Zone> zone);
  // Whom to ask about names that aren't ours, from now on; nobody at first. The upstreams must not
  // be this server itself.
  void forward(Routes routes);

  // What is served, port 0 resolved: first the inherited addresses, then the others of
  // ServerSettings::listen.
  const std::vector<Endpoint>& bound() const;
  std::size_t inherited() const;  // how many of them
  Counters counters() const;

  // Stops accepting, answers what was received, gives TCP sessions and questions to upstreams
  // `timeout` ms to finish, joins the workers.
  void drain(std::uint32_t timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dns
