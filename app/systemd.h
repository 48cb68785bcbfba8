// What systemd, or another service manager that speaks its protocols, hands to us and hears from
// us: sockets, readiness, a sign of life. Nothing happens when none started us.
//
// Called by the thread that serves only. The one place that knows libsystemd; without it in the
// build, sockets are refused and nothing is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace app::systemd {

// The descriptors of the sockets that were bound for us, none if there are none. They are the
// caller's. The environment doesn't name them any more then. REQUIRES: no other thread runs.
// Throws std::runtime_error.
std::vector<int> take_sockets();

enum class State : std::uint8_t { Starting, Reloading, Ready, Stopping };

// `status` is a line for people, as `systemctl status` shows it.
void tell(State state, const std::string& status);

// How often alive() is to be called, by the loop whose life it is a sign of; none if nobody
// listens. Half of the time after which the service manager would take us for dead.
std::optional<std::chrono::microseconds> period();
void alive(State state);

// The datagrams, as sd_notify(3) describes them; pure. `now` is of CLOCK_MONOTONIC.
std::string state_message(State state, const std::string& status, std::chrono::microseconds now);
// A start that waits for a cluster may take as long as it likes while the loop lives; afterwards
// the watchdog wants to hear it.
std::string alive_message(State state, std::chrono::microseconds period);

}  // namespace app::systemd
