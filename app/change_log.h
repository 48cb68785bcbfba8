// What is logged of a new table: the problems of its resources that are new, and the names that
// changed.
//
// Owned by the thread that makes tables.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "mesh/diagnostic.h"
#include "pipeline/table.h"

namespace app {

void log_diagnostic(const mesh::Diagnostic& diagnostic);

// Logs what is new among the problems, so that a reload every second doesn't fill the disk with the
// same lines.
class ProblemLog {
 public:
  void log(const mesh::Diagnostics& diagnostics);

 private:
  std::set<std::string> known_;
  std::size_t errors_ = 0;
};

// Gives the number of names that another service has now.
std::size_t log_changes(const pipeline::Table& before, const pipeline::Table& after);

}  // namespace app
