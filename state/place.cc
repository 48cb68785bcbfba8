#include "state/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "state/error.h"

namespace state {

namespace fs = std::filesystem;

void make_folder(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) return;
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) {
    throw Error("state file " + path + ": its folder can't be made: " + error.message() +
                ": make it, or name another file with --state");
  }
  if (made) fs::permissions(folder, fs::perms(0750), error);
}

void check_is_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::status_known(status)) {
    throw Error("state file " + path + " can't be looked at: " + error.message() +
                ": run this as the user that serves, or name another file with --state");
  }
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  throw Error("state file " + path +
              (fs::is_directory(status) ? " is a directory" : " is no file") +
              ": name a file with --state");
}

void sync_folder(const std::string& path) {
  const std::string folder = fs::absolute(path).parent_path();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

void set_aside(const std::string& path) {
  int n = 1;
  while (fs::exists(path + ".corrupt-" + std::to_string(n))) ++n;
  const std::string aside = path + ".corrupt-" + std::to_string(n);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    if (fs::exists(path + suffix, error)) fs::rename(path + suffix, aside + suffix, error);
    if (error) {
      throw Error("state file " + path + " can't be set aside as " + aside + ": " +
                  error.message());
    }
  }
  sync_folder(path);
}

PrivateFiles::PrivateFiles() : before_(umask(0027)) {}

PrivateFiles::~PrivateFiles() {
  umask(before_);
}

}  // namespace state
