// Who is told of queries as they are answered: the log, dnstap, or nobody.
//
// Made and destroyed by the main thread, before the first worker and after the last; the workers
// call what function() gives.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "config/settings.h"
#include "dns/server/exchange.h"
#include "logging/dnstap.h"
#include "logging/query_log.h"

namespace logging {

class QueryObserver {
 public:
  // The threads that it starts have the signal mask of the caller. A dnstap that can't be had is
  // logged, and names are served all the same.
  QueryObserver(const config::Settings& settings, unsigned workers);
  ~QueryObserver();
  QueryObserver(const QueryObserver&) = delete;
  QueryObserver& operator=(const QueryObserver&) = delete;

  // Empty if nobody is to be told.
  std::function<void(unsigned worker, const dns::Exchange&)> function();

  std::uint64_t unlogged() const;  // queries that the log couldn't keep up with
  std::uint64_t dropped() const;   // messages that dnstap couldn't keep up with

 private:
  void open_tap(const config::Settings::Dnstap& settings, unsigned workers);

  QuerySampler sampler_;
  const bool logs_;
  std::optional<Dnstap> tap_;
};

}  // namespace logging
