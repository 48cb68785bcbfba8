// What is known of an upstream at one moment: plain numbers for status and metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "dns/durations.h"
#include "dns/resolver/upstream_address.h"

namespace dns {

struct UpstreamStatus {
  enum class State : std::uint8_t {
    Well,
    Failed,  // timeouts or unreachable: other upstreams are asked first
    Loops,   // it leads back to us: it is not asked
  };
  UpstreamAddress address;
  State state = State::Well;
  std::uint64_t answers = 0;
  std::uint64_t silent = 0;       // attempts without an answer in time
  std::uint64_t unreachable = 0;  // attempts that the network refused
  Durations durations;            // of the answers

  std::chrono::duration<double, std::milli> mean() const;  // of an answer; 0 if there was none
};
std::string_view to_string(UpstreamStatus::State state);  // "well"

}  // namespace dns
