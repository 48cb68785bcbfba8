#include "config/watcher.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <system_error>
#include <unordered_map>

namespace config {
namespace {

// What can change the meaning of a file: its content, its name, its permissions, and the folder's.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                  IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR;

std::string reason(int error) {
  if (error == ENOSPC) return "no inotify watch is left: raise fs.inotify.max_user_watches";
  return std::strerror(error);
}

}  // namespace

class Watcher::Impl {
 public:
  Impl() : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (fd_ < 0) {
      throw std::system_error(errno, std::generic_category(),
                              "files can't be watched: is fs.inotify.max_user_instances used up?");
    }
  }
  ~Impl() { close(fd_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  int fd() const { return fd_; }

  Watched watch(const std::vector<std::string>& directories) {
    Watched result;
    std::unordered_map<int, std::string> watched;
    for (const std::string& directory : directories) {
      // Adding one that is watched gives the same number again.
      const int number = inotify_add_watch(fd_, directory.c_str(), kEvents);
      if (number >= 0) {
        watched.emplace(number, directory);
        if (!watched_.contains(number)) result.added.push_back(directory);
      } else {
        result.failed.push_back(directory + ": " + reason(errno));
      }
    }
    for (const auto& [number, directory] : watched_) {
      if (!watched.contains(number)) inotify_rm_watch(fd_, number);
    }
    watched_ = std::move(watched);
    return result;
  }

  Changes changes() {
    Changes changes;
    std::set<std::string> paths;
    alignas(inotify_event) std::array<char, 1 << 16> buffer;
    for (;;) {
      const ssize_t size = read(fd_, buffer.data(), buffer.size());
      if (size <= 0) break;
      for (const char* at = buffer.data(); at < buffer.data() + size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        take(*event, changes, paths);
        at += sizeof(inotify_event) + event->len;
      }
    }
    changes.paths.assign(paths.begin(), paths.end());
    return changes;
  }

 private:
  void take(const inotify_event& event, Changes& changes, std::set<std::string>& paths) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) changes.everything = true;
    const auto directory = watched_.find(event.wd);
    if (directory == watched_.end()) return;
    if ((event.mask & IN_IGNORED) != 0) {
      watched_.erase(directory);
      return;
    }
    std::string path = directory->second;
    if (event.len != 0) path.append(path == "/" ? "" : "/").append(event.name);
    if ((event.mask & IN_CREATE) != 0 && is_being_written(path)) return;
    paths.insert(std::move(path));
  }

  // A plain file that was just created is empty, and its content comes with IN_CLOSE_WRITE. No such
  // event comes for folders, links, and files that were linked here.
  static bool is_being_written(const std::string& path) {
    struct stat stat {};
    return lstat(path.c_str(), &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_nlink == 1;
  }

  int fd_;
  std::unordered_map<int, std::string> watched_;  // by the kernel's number
};

Watcher::Watcher() : impl_(std::make_unique<Impl>()) {}
Watcher::~Watcher() = default;

int Watcher::fd() const {
  return impl_->fd();
}
Watched Watcher::watch(const std::vector<std::string>& directories) {
  return impl_->watch(directories);
}
Changes Watcher::changes() {
  return impl_->changes();
}

}  // namespace config
