// All files that were read, and what counts of what is in them: which of several resources of one
// identity, which of several paths to one file, and the last good version of what is broken.
//
// A change is made of adopt() and drop(), and ends with finish(). Its cost follows the files that
// it names and the identities that it touches, not the collection. Owned by one thread. Internal to
// the folder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/distinct.h"
#include "config/loaded_file.h"
#include "mesh/change.h"

namespace config {

class Collection {
 public:
  Collection() = default;
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  // Null if there is no such file.
  const LoadedFile* find(const std::string& key) const;

  // Puts the file in the place of what it was. REQUIRES: `file.documents` were matched with those
  // of find(), and those that are new were parsed.
  void adopt(const NewFile& file);
  void drop(const std::string& key);

  struct Change {
    mesh::Changes resources;
    mesh::DiagnosticChanges diagnostics;
  };
  Change finish();

  // These are as they were when finish() was called last.
  mesh::Resources resources() const;
  std::size_t files() const { return counting_files_; }
  std::size_t documents() const { return documents_; }
  std::size_t kept() const;

 private:
  using Inode = std::pair<std::uint64_t, std::uint64_t>;
  class Adoption;

  LoadedFile& file_at(const std::string& key);
  // Takes the file's diagnostics and figures away, or adds them.
  void withdraw(const LoadedFile& file);
  void contribute(const LoadedFile& file);
  void set_counts(LoadedFile& file, bool counts);
  // Of several paths to one inode the first counts.
  void enter_inode(LoadedFile& file);
  void leave_inode(LoadedFile& file);
  bool is_first(const LoadedFile& file) const;
  void recount(const Inode& inode);

  // Calls `f` with the set that the resource is in.
  template <typename F>
  auto visit(ResourceRef ref, F f);
  template <typename F>
  static void for_each_ref(const LoadedFile& file, F f);

  std::map<std::string, LoadedFile> files_;  // by path
  std::multimap<Inode, LoadedFile*> inodes_;
  std::vector<const std::string*> keys_;  // of the files, by number
  std::vector<std::uint32_t> free_numbers_;
  std::vector<std::map<std::string, LoadedFile>::node_type> dropped_;  // in this change
  Distinct<mesh::Service> services_{keys_};
  Distinct<mesh::HostnameGenerator> generators_{keys_};
  Distinct<mesh::Dataplane> dataplanes_{keys_};
  mesh::DiagnosticChanges diagnostics_;  // of this change
  std::size_t counting_files_ = 0;
  std::size_t documents_ = 0;
};

}  // namespace config
