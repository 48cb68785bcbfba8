// The lock beside the state file, so that no second instance writes the same one. Internal to the
// folder.
#pragma once

#include <string>
#include <utility>

namespace state {

// Held as long as it lives. The kernel releases it when the process dies, however it dies.
class InstanceLock {
 public:
  InstanceLock() = default;
  // Throws state::Error: names the process that holds it.
  explicit InstanceLock(const std::string& path);
  ~InstanceLock();
  InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  InstanceLock& operator=(InstanceLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  std::string read_pid() const;
  void write_pid() const;

  int fd_ = -1;
};

}  // namespace state
