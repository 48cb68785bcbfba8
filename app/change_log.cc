#include "app/change_log.h"

#include <algorithm>

#include "logging/log.h"

namespace app {
namespace {

constexpr std::size_t kMaxLogged = 50;  // lines of one sort a reload

}  // namespace

void log_diagnostic(const mesh::Diagnostic& diagnostic) {
  const std::string text = mesh::to_string(diagnostic);
  switch (diagnostic.severity) {
    case mesh::Severity::Error:
      return logging::error(text);
    case mesh::Severity::Warning:
      return logging::warn(text);
    case mesh::Severity::Notice:
      return logging::info(text);
  }
}

void ProblemLog::log(const mesh::DiagnosticChanges& changes, std::size_t errors) {
  std::size_t logged = 0;
  const mesh::Diagnostic* last = nullptr;
  for (const mesh::Diagnostic& diagnostic : changes.added) {
    // Equal ones stand side by side.
    const bool again = last != nullptr && !mesh::read_before(*last, diagnostic);
    last = &diagnostic;
    if (!again && ++logged <= kMaxLogged) log_diagnostic(diagnostic);
  }
  if (logged > kMaxLogged) {
    logging::warn("more problems; `mesh-dns validate` prints all",
                  {{"not logged", std::to_string(logged - kMaxLogged)}});
  }
  if (errors == 0 && errors_ != 0) logging::info("all errors in the resources are mended");
  errors_ = errors;
}

std::size_t log_changes(std::span<const pipeline::NameChange> names) {
  std::size_t logged = 0;
  std::size_t all_moved = 0;
  for (const pipeline::NameChange& name : names) {
    const bool moved = pipeline::is_move(name);
    all_moved += moved;
    if (!moved && ++logged > kMaxLogged) continue;
    const logging::Fields fields = {{"hostname", name.hostname},
                                    {"before", pipeline::describe(name.before)},
                                    {"after", pipeline::describe(name.after)}};
    // A name that another service has now may be a surprise to its clients.
    if (moved) {
      logging::warn("name moved", fields);
    } else {
      logging::info(!name.before  ? "name added"
                    : !name.after ? "name removed"
                                  : "name readdressed",
                    fields);
    }
  }
  if (logged > kMaxLogged) {
    logging::info("more names changed", {{"not logged", std::to_string(logged - kMaxLogged)}});
  }
  return all_moved;
}

}  // namespace app
