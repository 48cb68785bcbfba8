#include "dns/resolver/upstream_status.h"

#include <algorithm>

namespace dns {

std::chrono::duration<double, std::milli> UpstreamStatus::mean() const {
  const std::chrono::duration<double, std::milli> sum = durations.sum;
  return sum / static_cast<double>(std::max<std::uint64_t>(answers, 1));
}

std::string_view to_string(UpstreamStatus::State state) {
  switch (state) {
    case UpstreamStatus::State::Well:
      return "well";
    case UpstreamStatus::State::Failed:
      return "failed";
    case UpstreamStatus::State::Loops:
      return "loops";
  }
  return "";
}

}  // namespace dns
