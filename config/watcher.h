// Tells which files and directories changed, by inotify on directories: so that renames, deletions
// and the symlink swaps of mounted ConfigMaps are seen as well as writes.
//
// Owned by one thread, which waits until fd() is readable and then calls changes(). Knows nothing
// of YAML, and debounces nothing: the caller does.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace config {

struct Changes {
  std::vector<std::string> paths;  // files and directories to look at again, without duplicates
  bool everything = false;         // the kernel's queue overflowed: look at all
  bool empty() const { return paths.empty() && !everything; }
};

struct Watched {
  // Those that weren't watched before: what changed in them until now, nobody tells.
  std::vector<std::string> added;
  // Those that can't be watched, with the reason ("DIR: no inotify watch is left: raise ...").
  std::vector<std::string> failed;
};

class Watcher {
 public:
  Watcher();  // throws std::system_error when the kernel has no inotify instance left
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  int fd() const;

  // Watches exactly these directories from now on.
  Watched watch(const std::vector<std::string>& directories);

  // What changed since the last call; never blocks.
  Changes changes();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace config
