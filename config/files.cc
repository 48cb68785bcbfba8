#include "config/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace config {
namespace {

namespace fs = std::filesystem;

std::int64_t ns(const timespec& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

Stat converted(const struct stat& from) {
  Stat to;
  to.device = from.st_dev;
  to.inode = from.st_ino;
  to.size = from.st_size;
  to.modified = ns(from.st_mtim);
  to.changed = ns(from.st_ctim);
  to.is_regular = S_ISREG(from.st_mode);
  to.is_directory = S_ISDIR(from.st_mode);
  return to;
}

class Walk {
 public:
  Listing run(const std::string& directory) {
    walk(directory);
    std::ranges::sort(listing_.files);
    return std::move(listing_);
  }

 private:
  void walk(const std::string& directory) {
    const auto stat = stat_of(directory);
    if (!stat) return problem(directory, std::strerror(errno));
    const auto id = std::pair(stat->device, stat->inode);
    if (std::ranges::find(chain_, id) != chain_.end()) {
      return problem(directory,
                     "is a symlink to a directory that it lies in, a loop: it is not followed");
    }
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    if (error) return problem(directory, "can't be read: " + error.message());
    listing_.directories.push_back(directory);
    chain_.push_back(id);
    for (; entries != fs::directory_iterator(); entries.increment(error)) visit(*entries);
    chain_.pop_back();
  }

  void visit(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename();
    if (name.starts_with('.')) return;
    std::error_code error;
    if (entry.is_directory(error)) return walk(entry.path());
    if (is_resource_file(name)) listing_.files.push_back(entry.path());
  }

  void problem(const std::string& path, std::string message) {
    listing_.problems.push_back({path, std::move(message)});
  }

  Listing listing_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> chain_;  // of directories we are in
};

// Closes on the way out.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string too_large(std::uint64_t size, std::uint64_t limit) {
  return "has " + std::to_string(size) + " bytes, more than limits.fileSize allows (" +
         std::to_string(limit) + "): split it, or raise the limit";
}

std::string why_not_readable(const struct stat& stat, std::uint64_t limit) {
  if (S_ISDIR(stat.st_mode)) return "is a directory";
  if (!S_ISREG(stat.st_mode)) return "is no regular file";
  const auto size = static_cast<std::uint64_t>(stat.st_size);
  return size > limit ? too_large(size, limit) : "";
}

void read_all(int fd, std::uint64_t limit, Content& content) {
  constexpr std::size_t kStep = 1 << 16;
  for (;;) {
    const std::size_t before = content.text.size();
    content.text.resize(before + kStep);
    const ssize_t count = read(fd, content.text.data() + before, kStep);
    content.text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) content.error = std::string("can't be read: ") + std::strerror(errno);
    if (content.text.size() > limit) content.error = too_large(content.text.size(), limit);
    if (count <= 0 || !content.error.empty()) return;
  }
}

}  // namespace

std::optional<Stat> stat_of(const std::string& path) {
  struct stat stat {};
  if (::stat(path.c_str(), &stat) != 0) return std::nullopt;
  return converted(stat);
}

bool is_resource_file(const std::string& path) {
  const fs::path name = fs::path(path).filename();
  const std::string extension = name.extension();
  return !name.string().starts_with('.') &&
         (extension == ".yaml" || extension == ".yml" || extension == ".json");
}

Listing list(const std::string& directory) {
  return Walk().run(directory);
}

Content read_file(const std::string& path, std::uint64_t limit) {
  Content content;
  if (path == "-") {
    read_all(STDIN_FILENO, limit, content);
    return content;
  }
  // Without O_NONBLOCK a pipe would hold us until someone writes to it.
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) {
    content.error = std::string("can't be read: ") + std::strerror(errno);
    return content;
  }
  struct stat stat {};
  if (fstat(fd.get(), &stat) != 0) {
    content.error = std::string("can't be read: ") + std::strerror(errno);
    return content;
  }
  content.error = why_not_readable(stat, limit);
  if (!content.error.empty()) return content;
  content.text.reserve(static_cast<std::size_t>(stat.st_size) + 1);
  read_all(fd.get(), limit, content);
  return content;
}

}  // namespace config
