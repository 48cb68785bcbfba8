// Files and directories of YAML and JSON → the resources of a mesh, with everything that is wrong
// with them. Keeps what it parsed, so that a reload parses only the documents that changed.
//
// Owned by one thread. Reads files; watches nothing (config/watcher.h does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "mesh/change.h"
#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace config {

enum class UnknownFields : std::uint8_t { Warn, Refuse };

struct LoaderSettings {
  mesh::Locality locality;
  Limits limits;
  UnknownFields unknown_fields = UnknownFields::Warn;
};

// What a look at the files found.
struct Load {
  // What differs from the state before: of the resources as they are given in the files, of each
  // identity one. The default generators and the services generated from Dataplanes are not among
  // them.
  mesh::Changes changes;
  mesh::DiagnosticChanges diagnostic_changes;

  std::size_t files = 0;
  std::size_t documents = 0;
  std::size_t parsed = 0;  // documents that were parsed by this call; the rest was kept
  std::size_t kept = 0;    // resources whose document is broken now, in their last good version
  // A path given on the command line that can't be read at all. At start this is fatal.
  bool missing_path = false;
  // False if none of the changes was in a file or folder that is read: all is as it was.
  bool looked = true;

  // Filled by Loader::complete() only.
  mesh::Resources resources;
  mesh::Diagnostics diagnostics;
};

class Loader {
 public:
  // Each path is a file, a directory (read recursively: *.yaml, *.yml, *.json; names that start
  // with a dot are skipped, symlinks are followed, cycles are found), or "-" for standard input.
  Loader(std::vector<std::string> paths, LoaderSettings settings);
  ~Loader();
  Loader(Loader&&) noexcept;

  // The hostname generators of all files, of which the other documents are not parsed: a quick look
  // before the first load(), to know the zones. Whether they are valid in all else isn't said.
  std::vector<std::shared_ptr<const mesh::HostnameGenerator>> generators_first() const;

  // Looks at every file. Files that stat says are the same as before are not read again; of the
  // others only the documents are parsed whose text is new.
  Load load();
  // Looks only at these files and directories, as the watcher named them. The cost follows them,
  // and the identities that are changed in them.
  Load reload(const std::vector<std::string>& changed);

  // The whole state, at a cost that follows it. Sorted by (kind, mesh, core name).
  mesh::Resources resources() const;
  mesh::Diagnostics diagnostics() const;  // sorted
  // Puts both into `load`.
  void complete(Load& load) const;

  // The directories that hold what was read: what to watch. A symlinked directory or file
  // contributes both the folder of the link and the folder of its target.
  std::vector<std::string> directories() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace config
