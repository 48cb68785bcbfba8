// Finds out whether an upstream leads back to this server: it is asked for a name that only we
// know, and if a query for that name arrives here, it has come back.
//
// Pure: no sockets, no clock; `now` is a parameter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "dns/query.h"
#include "dns/question.h"

namespace dns {

// The names that the probes of one resolver ask for: one for each upstream, by its number. Any
// thread may use it.
class LoopProbeNames {
 public:
  // `token`: letters and digits that nobody can guess, at most 40.
  explicit LoopProbeNames(std::string token) : token_(std::move(token)) {}

  Question question(std::uint64_t upstream) const;
  // The upstream whose probe asks for `qname`; nothing if it is not a name of ours.
  std::optional<std::uint64_t> upstream_of(const Qname& qname) const;

 private:
  const std::string token_;
};

// What the probes of one upstream have shown. Belongs to the resolver's thread.
class LoopProbe {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // It leads back to us, as far as is known.
  bool loops() const { return loops_; }

  // True if a probe is to be sent now: none is in flight, and the last one that showed anything is
  // long enough ago.
  bool begin(Time now);
  // The probe arrived here. True if the upstream was not known to loop.
  bool came_back();
  // The probe ended, `answered` by the upstream or not. True if the upstream no longer loops.
  bool end(bool answered);

 private:
  bool loops_ = false;
  bool in_flight_ = false;
  bool came_back_ = false;
  std::optional<Time> last_;
};

}  // namespace dns
