#include "state/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <tuple>

#include "state/error.h"

namespace state {

InstanceLock::InstanceLock(const std::string& path) {
  const std::string file = path + ".lock";
  fd_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd_ < 0) {
    throw Error("state file " + path + ": its lock can't be opened: " + std::strerror(errno) +
                ": may this user write the folder?");
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = read_pid();
    close(fd_);
    throw Error("state file " + path + " is held by another mesh-dns (pid " + holder +
                "): stop that one, or give this one another file with --state");
  }
  write_pid();
}

InstanceLock::~InstanceLock() {
  if (fd_ >= 0) close(fd_);
}

std::string InstanceLock::read_pid() const {
  char text[32] = {};
  const ssize_t size = pread(fd_, text, sizeof text - 1, 0);
  std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

// For the message above only: that it may fail does no harm.
void InstanceLock::write_pid() const {
  const std::string text = std::to_string(getpid()) + '\n';
  if (ftruncate(fd_, 0) == 0) std::ignore = pwrite(fd_, text.data(), text.size(), 0);
}

}  // namespace state
