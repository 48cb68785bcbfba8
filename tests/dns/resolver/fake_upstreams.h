// Upstreams whose answers the test gives: it sees each question that a Resolver asks, and says how
// the attempt ends. No sockets and no time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "dns/resolver/upstream_transport.h"
#include "tests/dns/message.h"

namespace dns::test {

// Until a test gives up.
inline constexpr std::chrono::seconds kPatience{20};

// All functions but factory()'s are called by the test's thread. Outlives the Resolver.
class FakeUpstreams {
 public:
  struct Asked {
    std::string upstream;  // "192.0.2.1:53"
    std::string question;  // "www.test. 1": the qname and the number of the qtype
    std::chrono::milliseconds timeout{};
    int id = 0;
  };

  TransportFactory factory();
  std::size_t made() const;  // transports

  // The next attempt, which it waits for; fails the test if there is none.
  Asked next() { return take(asked_); }
  Asked next_loop_probe() { return take(probes_); }
  // The resolver has done all that it was given to do before, and has asked nothing that next() has
  // not returned.
  bool idle();

  void end(const Asked& asked, TransportResult result);
  void reply(const Asked& asked, const ReplyOptions& options);
  void time_out(const Asked& asked) { end(asked, {}); }

  // Stops the resolver's thread until resume().
  void pause();
  void resume() { paused_.unlock(); }

 private:
  class Transport;

  Asked take(std::deque<Asked>& from);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  boost::asio::io_context* io_ = nullptr;
  std::size_t made_ = 0;
  int last_id_ = 0;
  std::deque<Asked> asked_;
  std::deque<Asked> probes_;
  std::map<int, std::pair<const Transport*, UpstreamTransport::Done>> in_flight_;
  std::mutex paused_;
};

}  // namespace dns::test
