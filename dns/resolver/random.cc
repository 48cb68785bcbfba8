#include "dns/resolver/random.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace dns {

void Random::fill(std::span<std::uint8_t> out) {
  for (std::uint8_t& octet : out) {
    if (used_ == octets_.size()) {
      // Up to 256 octets come whole, or not at all (getrandom(2)).
      while (getrandom(octets_.data(), octets_.size(), 0) < 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
      }
      used_ = 0;
    }
    octet = octets_[used_++];
  }
}

std::uint16_t Random::u16() {
  std::array<std::uint8_t, 2> octets{};
  fill(octets);
  return static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
}

}  // namespace dns
