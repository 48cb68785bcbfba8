// Serves a zone over UDP and TCP: one worker thread a core, each with its own SO_REUSEPORT
// sockets, so that nothing is shared while answering.
//
// The Server belongs to one thread, which alone calls it; publish() hands the workers a new zone
// as a message and returns at once.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dns/zone.h"

namespace dns {

struct ListenAddress {
  std::string address;     // "127.0.0.1", "::1", "0.0.0.0", "::"
  std::uint16_t port = 0;  // 0: any free one, the same for UDP and TCP
};

// A range of client addresses; IPv4 is held as ::ffff:a.b.c.d with 96 added to the length.
struct ClientPrefix {
  std::array<std::uint8_t, 16> first{};
  unsigned length = 0;
};

struct ServerSettings {
  std::vector<ListenAddress> listen;
  unsigned workers = 1;
  std::vector<ClientPrefix> allow;          // other clients are REFUSED, EDE 18 (Prohibited)
  std::uint32_t tcp_idle_timeout = 10'000;  // ms
  unsigned tcp_max_connections = 1024;      // of all workers together
  unsigned tcp_max_connections_per_client = 256;
};

// An address can't be bound: names it, the reason and the remedy.
class BindError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Sums over the workers since the start. Each is only ever added to.
struct Counters {
  std::uint64_t udp_queries = 0;
  std::uint64_t tcp_queries = 0;
  std::uint64_t replies = 0;
  std::uint64_t dropped = 0;  // no answer was due
  std::uint64_t refused = 0;  // not ours, or client not allowed
  std::uint64_t tcp_connections = 0;
  std::uint64_t tcp_closed_at_limit = 0;
};

class Server {
 public:
  // Binds all addresses and starts the workers, which answer from `zone`. Throws BindError.
  Server(const ServerSettings& settings, std::shared_ptr<const Zone> zone);
  // Stops as drain(0) does, if drain() wasn't called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void publish(std::shared_ptr<const Zone> zone);

  // What was bound, port 0 resolved: one entry of ServerSettings::listen each.
  const std::vector<ListenAddress>& bound() const;
  Counters counters() const;

  // Stops accepting, answers what was received, gives TCP sessions `timeout` ms to finish, joins
  // the workers.
  void drain(std::uint32_t timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dns
