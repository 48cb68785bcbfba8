// The file system as the loader sees it: which files there are below a path, whether one changed,
// and what is in it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace config {

// What of a file's inode changes with its content.
struct Stat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // ns
  std::int64_t changed = 0;   // ns
  bool is_regular = false;
  bool is_directory = false;

  friend bool operator==(const Stat&, const Stat&) = default;
};

// Follows symlinks. Nothing if there is no such file.
std::optional<Stat> stat_of(const std::string& path);

struct Listing {
  std::vector<std::string> files;        // to be read: *.yaml, *.yml, *.json
  std::vector<std::string> directories;  // walked
  struct Problem {
    std::string path;
    std::string message;
  };
  std::vector<Problem> problems;  // directories that can't be read, symlinks in a loop
};

// Lists what is below a directory. Names that begin with a dot are skipped; symlinks are followed.
Listing list(const std::string& directory);

// True for a name that list() takes for a resource file's.
bool is_resource_file(const std::string& path);

struct Content {
  std::string text;
  std::string error;  // why it can't be read; "" if it was
};

// Reads a regular file of at most `limit` bytes; "-" is standard input.
Content read_file(const std::string& path, std::uint64_t limit);

}  // namespace config
