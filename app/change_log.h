// What is logged of a new table: the problems of its resources that are new, and the names that
// changed.
//
// Owned by the thread that makes tables.
#pragma once

#include <cstddef>
#include <span>

#include "mesh/change.h"
#include "pipeline/pipeline.h"

namespace app {

void log_diagnostic(const mesh::Diagnostic& diagnostic);

// Logs what is new among the problems, so that a reload every second doesn't fill the disk with the
// same lines. `errors`: how many there are now.
class ProblemLog {
 public:
  void log(const mesh::DiagnosticChanges& changes, std::size_t errors);

 private:
  std::size_t errors_ = 0;
};

// Returns the number of names that another service has now.
std::size_t log_changes(std::span<const pipeline::NameChange> names);

}  // namespace app
