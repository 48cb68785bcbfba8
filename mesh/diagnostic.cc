#include "mesh/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace mesh {
namespace {

std::string_view file_of(const Position& position) {
  return position.file ? std::string_view(*position.file) : std::string_view();
}

auto reading_order(const Diagnostic& d) {
  return std::make_tuple(file_of(d.position), d.position.line, d.position.column,
                         std::string_view(d.path), std::string_view(d.message), d.severity);
}

// What is found in a file may have line breaks in it, and must not look like lines of ours.
std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return line;
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::Notice:
      return "notice";
  }
  return "";
}

std::string to_string(const Position& position) {
  std::string text(file_of(position));
  if (text.empty() || position.line == 0) return text;
  text += ':' + std::to_string(position.line);
  if (position.column != 0) text += ':' + std::to_string(position.column);
  return text;
}

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = to_string(diagnostic.position);
  if (!text.empty()) text += ": ";
  text += to_string(diagnostic.severity);
  text += ": ";
  if (!diagnostic.path.empty()) text += diagnostic.path + ": ";
  return one_line(text + diagnostic.message);
}

bool read_before(const Diagnostic& a, const Diagnostic& b) {
  return reading_order(a) < reading_order(b);
}

void sort(Diagnostics& diagnostics) {
  std::ranges::stable_sort(diagnostics, read_before);
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics,
                             [](const Diagnostic& d) { return d.severity == Severity::Error; });
}

}  // namespace mesh
