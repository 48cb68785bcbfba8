// An upstream as the resolver knows it: how it is asked, whether it answers, and what was counted.
//
// Belongs to the resolver's thread, but for the tally, which any thread may read. Internal to the
// folder.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "dns/count.h"
#include "dns/resolver/health.h"
#include "dns/resolver/loop_probe.h"
#include "dns/resolver/upstream_address.h"
#include "dns/resolver/upstream_status.h"
#include "dns/resolver/upstream_transport.h"

namespace dns {

struct UpstreamTally {
  explicit UpstreamTally(UpstreamAddress of) : address(std::move(of)) {}
  UpstreamStatus status() const;

  const UpstreamAddress address;
  std::atomic<UpstreamStatus::State> state = UpstreamStatus::State::Well;
  Count answers;
  Count timeouts;
  Count unreachable;
  DurationCounts durations;
};

struct Upstream {
  Upstream(const UpstreamAddress& at, std::uint64_t by_number,
           std::unique_ptr<UpstreamTransport> by_transport)
      : address(at),
        number(by_number),
        tally(std::make_shared<UpstreamTally>(at)),
        transport(std::move(by_transport)) {}

  UpstreamStatus::State state() const;

  const UpstreamAddress address;
  const std::uint64_t number;  // of its loop probes
  const std::shared_ptr<UpstreamTally> tally;
  Health health;
  LoopProbe loop;
  bool keeps_case = true;  // of the question's letters
  // What is in flight holds the Upstream, and ends with the transport.
  std::unique_ptr<UpstreamTransport> transport;
};

}  // namespace dns
