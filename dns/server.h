// Serves a zone over UDP and TCP: one worker thread a core, each with its own SO_REUSEPORT
// sockets, so that nothing is shared while answering; or with sockets that it was started with.
//
// The Server belongs to one thread, which alone calls it; publish() and forward() hand over what is
// new as a message and return at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "dns/answer.h"
#include "dns/cache_settings.h"
#include "dns/client.h"
#include "dns/counters.h"
#include "dns/endpoint.h"
#include "dns/upstream.h"
#include "dns/zone.h"

namespace dns {

// A query and its reply. What it views is valid during the call that it is passed to.
struct Exchange {
  std::span<const std::uint8_t> query;
  std::span<const std::uint8_t> reply;
  Client client;
  Transport transport = Transport::Udp;
  Source source = Source::Mesh;
  Rcode rcode = Rcode::NoError;
  std::chrono::nanoseconds took{0};  // since its receipt
};

// A range of client addresses; of IPv4 with 96 added to the length.
struct ClientPrefix {
  ClientAddress first{};
  unsigned length = 0;
};

// What a resolver reports of an upstream when it changes.
enum class UpstreamChange : std::uint8_t {
  Failed,  // silent or unreachable: others are asked first
  Back,    // it answers again
  Loops,   // it leads back to us: it isn't asked
  LoopsNoMore,
  LosesCase,  // it doesn't keep the case of the question's letters
};

// How the names that are not ours are resolved.
struct ResolverSettings {
  std::chrono::milliseconds timeout{1000};  // until a silent upstream is given up
  // Questions that wait for an upstream; more of them are SERVFAIL. Clients on this host only share
  // the limit of all.
  unsigned max_in_flight = 1000;
  unsigned max_in_flight_per_client = 100;
  std::chrono::milliseconds stale_after{1800};  // until a stale response is given
  CacheSettings cache;
  // Called on the resolver's thread, if it is set.
  std::function<void(const Endpoint&, UpstreamChange)> report;
};

struct ServerSettings {
  std::vector<Endpoint> listen;
  // Sockets to serve that were bound before this process was started, UDP and TCP for each address.
  // The Server takes them over; all workers read from them, and what it hasn't read when it stops
  // is left in them for the process that comes after it.
  std::vector<int> inherited;
  unsigned workers = 1;
  std::vector<ClientPrefix> allow;          // other clients are REFUSED, EDE 18 (Prohibited)
  std::uint32_t tcp_idle_timeout = 10'000;  // ms
  unsigned tcp_max_connections = 1024;      // of all workers together
  unsigned tcp_max_connections_per_client = 256;
  ResolverSettings resolver;
  // Called with each exchange on the thread of the worker of that number, if it is set: it must not
  // wait for anything.
  std::function<void(unsigned worker, const Exchange&)> observe;
};

// An address can't be bound: names it, the reason and the remedy.
class BindError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

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
