// The place of the state file on the disk: its folder, its modes, and files that are set aside.
// Internal to the folder.
#pragma once

#include <sys/types.h>

#include <string>

namespace state {

// Throws state::Error if there is something else than a file at `path`.
void check_is_file(const std::string& path);
// Creates the folder of the file if it is missing. Throws state::Error.
void make_folder(const std::string& path);
// A file that was created or renamed is on disk only when its folder is.
void sync_folder(const std::string& path);
// Renames the file, and what SQLite keeps beside it, to FILE.corrupt-N. Throws state::Error.
void set_aside(const std::string& path);

// Files that are created while it lives are for the user and the group alone: they tell what the
// mesh consists of.
class PrivateFiles {
 public:
  PrivateFiles();
  ~PrivateFiles();
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;

 private:
  mode_t before_;
};

}  // namespace state
