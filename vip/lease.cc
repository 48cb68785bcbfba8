#include "vip/lease.h"

#include <ctime>
#include <tuple>

namespace vip {

bool read_before(const LeaseView& a, const LeaseView& b) {
  return std::tie(a.kind, a.mesh, a.name, a.ip) < std::tie(b.kind, b.mesh, b.name, b.ip);
}

std::string time_text(Seconds seconds) {
  const std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace vip
