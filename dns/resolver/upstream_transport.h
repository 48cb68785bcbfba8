// How one upstream is asked: the seam between the Resolver, which decides whom to ask, when and for
// how long, and the protocol that carries a question.
//
// A transport belongs to one upstream and is used by the resolver's thread only. Any number of
// questions may be in flight at once, and none ends another: so a question may stay open at one
// upstream while another upstream is asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "dns/count.h"
#include "dns/question.h"
#include "dns/resolver/upstream_address.h"

namespace boost::asio {
class io_context;
}

namespace dns {

// What the transports of all upstreams count together.
struct TransportCounts {
  Count queries;      // sent, but for those that are repeated over TCP
  Count tcp_queries;  // repeated over TCP after a truncated answer
  Count wrong_id;     // replies that were dropped
  Count wrong_question;
  Count wrong_case;
  Count malformed;
};

// How one question to one upstream ended.
struct TransportResult {
  enum class Outcome : std::uint8_t {
    Reply,
    Timeout,
    Unreachable,  // refused, no route, or a connection that was closed
  };
  Outcome outcome = Outcome::Timeout;
  // Of Reply: a message with the id and the question of the query; its records are not checked.
  std::vector<std::uint8_t> reply;
  // Of Timeout: replies came, but with the letters of the question in another case. Either the
  // upstream does not keep it, or someone who knows id and port forges replies. The next question
  // to this upstream does not depend on the case, so that it can be retried at once.
  bool lost_case = false;
};

class UpstreamTransport {
 public:
  using Done = std::function<void(TransportResult)>;

  // Ends what is in flight without calling its `done`.
  virtual ~UpstreamTransport() = default;

  // Sends `question` and calls `done` once, later, never from within ask(). The query's id, and
  // whatever else protects the answer from forgery, is the transport's. A transport that has to
  // change its protocol for an answer (from UDP to TCP) may begin `timeout` anew.
  virtual void ask(const Question& question, std::chrono::milliseconds timeout, Done done) = 0;
};

// Makes the transport of one upstream. `io` runs on the resolver's thread; `io` and `counts`
// outlive the transport.
using TransportFactory = std::function<std::unique_ptr<UpstreamTransport>(
    boost::asio::io_context& io, const UpstreamAddress& address, TransportCounts& counts)>;

// The factory of the transports in this folder: one line for each UpstreamAddress::Kind.
std::unique_ptr<UpstreamTransport> make_transport(boost::asio::io_context& io,
                                                  const UpstreamAddress& address,
                                                  TransportCounts& counts);

}  // namespace dns
