#include "app/systemd.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>

#ifdef MESH_DNS_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "logging/log.h"

namespace app::systemd {
namespace {

using std::chrono::microseconds;

// Without a watchdog it is told of a slow start only.
constexpr microseconds kPeriod = std::chrono::seconds(10);

const char* variable(State state) {
  switch (state) {
    case State::Starting:
      return "";
    case State::Reloading:
      return "RELOADING=1\n";
    case State::Ready:
      return "READY=1\n";
    case State::Stopping:
      return "STOPPING=1\n";
  }
  return "";
}

#ifdef MESH_DNS_SYSTEMD
void send(const std::string& message) {
  const int result = sd_notify(0, message.c_str());
  if (result < 0) {
    logging::warn("the service manager can't be told how we are", {{"reason", strerror(-result)}});
  }
}

std::optional<microseconds> watchdog() {
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) <= 0) return std::nullopt;
  return microseconds(usec);
}
#endif

}  // namespace

#ifdef MESH_DNS_SYSTEMD
std::vector<int> take_sockets() {
  const int count = sd_listen_fds(1);
  if (count < 0) {
    throw std::runtime_error(
        "the sockets that were passed to us can't be used: LISTEN_PID or "
        "LISTEN_FDS is wrong: " +
        std::string(strerror(-count)));
  }
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) sockets.push_back(SD_LISTEN_FDS_START + i);
  return sockets;
}

void tell(State state, const std::string& status) {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  send(state_message(
      state, status,
      std::chrono::duration_cast<microseconds>(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec))));
}

std::optional<microseconds> period() {
  if (const auto limit = watchdog()) return *limit / 2;
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return std::nullopt;
  return kPeriod;
}

void alive(State state) {
  send(alive_message(state, period().value_or(kPeriod)));
}
#else
std::vector<int> take_sockets() {
  if (std::getenv("LISTEN_FDS") == nullptr) return {};
  throw std::runtime_error(
      "LISTEN_FDS is set, but this program was built without libsystemd and can't take sockets: "
      "build it with libsystemd-dev, or stop the socket unit");
}
void tell(State, const std::string&) {}
std::optional<microseconds> period() {
  return std::nullopt;
}
void alive(State) {}
#endif

std::string state_message(State state, const std::string& status, microseconds now) {
  std::string message = variable(state);
  // Type=notify-reload tells by it which reload has ended.
  if (state == State::Reloading) {
    message += "MONOTONIC_USEC=" + std::to_string(now.count()) + "\n";
  }
  return message + "STATUS=" + status;
}

std::string alive_message(State state, microseconds period) {
  std::string message = "WATCHDOG=1";
  // Twice the period: the next one may be late.
  if (state == State::Starting) {
    message += "\nEXTEND_TIMEOUT_USEC=" + std::to_string(2 * period.count());
  }
  return message;
}

}  // namespace app::systemd
