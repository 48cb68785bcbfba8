// The files below the paths that were given: which of them are new, changed or gone.
//
// Owned by one thread. Lists and stats; reads no file. Internal to the folder.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/files.h"
#include "mesh/diagnostic.h"

namespace config {

// What is to be done with one file, by its absolute path; "-" is standard input.
struct FileChange {
  std::string key;
  std::optional<Stat> stat;
  bool gone = false;  // else it is to be read
};

class FileTree {
 public:
  explicit FileTree(std::vector<std::string> paths);

  // Looks at every file. What stat says is the same as before is no change.
  std::vector<FileChange> look();
  // Looks at these files and directories only; nothing if none of them is one that is read.
  std::optional<std::vector<FileChange>> look_at(const std::vector<std::string>& changed);
  // The file couldn't be read: it is looked at again next time.
  void failed(const std::string& key);

  // The path as a person wrote it: below a given directory, that directory as it was given.
  std::string shown(const std::string& key) const;
  // True if a given path doesn't exist now.
  bool missing_path() const;
  // What is wrong with the paths themselves.
  mesh::Diagnostics diagnostics() const;
  // What to watch; see Loader.
  std::vector<std::string> directories() const;

 private:
  // A path that was given.
  struct Root {
    std::string path;  // as given
    std::string key;
    std::set<std::string> directories;  // walked
    struct Problem {
      std::string key;
      mesh::Severity severity;
      std::string message;
    };
    std::vector<Problem> problems;
  };

  void look_at_root(Root& root);
  void walk(Root& root, const std::string& directory);
  void forget_below(const std::string& directory, const std::set<std::string>& keep);
  void forget(const std::string& key);
  // Whether there was anything to look at.
  bool look_at_path(const std::string& path);
  bool look_below(Root& root, const std::string& path);
  bool look_at_target(const std::string& path);
  void examine(const std::string& key);
  void follow(const std::string& key);
  bool has_file(const Root& root) const;

  std::vector<Root> roots_;
  std::map<std::string, std::optional<Stat>> files_;  // as they were when they were read
  // Files that are symlinks, by the folder that their target is in; and the other way round.
  std::multimap<std::string, std::string> targets_;
  std::map<std::string, std::string> folders_;
  std::vector<FileChange> changes_;  // of this look
};

}  // namespace config
