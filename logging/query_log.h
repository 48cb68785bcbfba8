// Which queries are logged, and how. Each is a line "query" with qname, qtype, rcode, source, µs,
// client and transport.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.h"
#include "dns/server/exchange.h"

namespace logging {

// What is told of an exchange. Pure.
struct QueryLine {
  std::string qname;  // with its final dot; "" if the question can't be read
  std::string qtype;  // "A", "TYPE65280" (RFC 3597, 5); "" likewise
  std::string rcode;
  std::string source;
  std::string microseconds;
  std::string client;  // "127.0.0.1:53124"
  std::string transport;
};
QueryLine query_line(const dns::Exchange& exchange);

// Decides for each worker by itself, so that none waits for another.
class QuerySampler {
 public:
  QuerySampler(const config::QueryLog& which, unsigned workers) : which_(which), seen_(workers) {}

  // Whether this one is to be logged. Called by the worker's thread.
  bool takes(unsigned worker, const dns::Exchange& exchange);

 private:
  struct alignas(64) Seen {
    std::uint32_t count = 0;
  };
  const config::QueryLog which_;
  std::vector<Seen> seen_;
};

}  // namespace logging
