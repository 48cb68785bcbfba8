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

void ProblemLog::log(const mesh::Diagnostics& diagnostics) {
  std::set<std::string> texts;
  std::size_t logged = 0;
  for (const mesh::Diagnostic& diagnostic : diagnostics) {
    const auto [text, added] = texts.insert(mesh::to_string(diagnostic));
    if (added && !known_.contains(*text) && ++logged <= kMaxLogged) log_diagnostic(diagnostic);
  }
  if (logged > kMaxLogged) {
    logging::warn("more problems; `mesh-dns validate` prints all",
                  {{"not logged", std::to_string(logged - kMaxLogged)}});
  }
  const std::size_t errors = static_cast<std::size_t>(
      std::ranges::count(diagnostics, mesh::Severity::Error, &mesh::Diagnostic::severity));
  if (errors == 0 && errors_ != 0) logging::info("all errors in the resources are mended");
  errors_ = errors;
  known_ = std::move(texts);
}

std::size_t log_changes(const pipeline::Table& before, const pipeline::Table& after) {
  std::size_t logged = 0;
  std::size_t all_moved = 0;
  for (const pipeline::TableChange& change : compare(before, after)) {
    const bool moved = change.what == pipeline::TableChange::What::Moved;
    all_moved += moved;
    if (!moved && ++logged > kMaxLogged) continue;
    const logging::Fields fields = {
        {"hostname", change.hostname}, {"before", change.before}, {"after", change.after}};
    const std::string message = "name " + std::string(to_string(change.what));
    // A name that another service has now may be a surprise to its clients.
    moved ? logging::warn(message, fields) : logging::info(message, fields);
  }
  if (logged > kMaxLogged) {
    logging::info("more names changed", {{"not logged", std::to_string(logged - kMaxLogged)}});
  }
  return all_moved;
}

}  // namespace app
