// Random octets that nobody can guess, for what protects us from forged answers: ids, and the case
// of letters.
//
// Belongs to one thread. Internal to the folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dns {

class Random {
 public:
  void fill(std::span<std::uint8_t> out);
  std::uint16_t u16();

 private:
  std::array<std::uint8_t, 256> octets_{};  // from the kernel, a system call for all of them
  std::size_t used_ = octets_.size();
};

}  // namespace dns
