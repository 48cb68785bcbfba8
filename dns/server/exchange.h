// A query and its reply, as those who log queries see it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "dns/client.h"
#include "dns/edns.h"
#include "dns/query.h"
#include "dns/server/counters.h"

namespace dns {

// What it views is valid during the call that it is passed to.
struct Exchange {
  std::span<const std::uint8_t> query;
  std::span<const std::uint8_t> reply;
  Client client;
  Transport transport = Transport::Udp;
  Source source = Source::Mesh;
  Rcode rcode = Rcode::NoError;
  std::chrono::nanoseconds took{0};  // since its receipt
};

}  // namespace dns
