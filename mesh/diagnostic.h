// What is wrong with a person's input, and where: file, line, column, field.
//
// Plain values. Every layer adds to a list of them and none stops at the first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mesh {

// A place in a file. Copies share the file's name, since 100,000 resources may come from one.
struct Position {
  std::shared_ptr<const std::string> file;  // null: not from a file
  std::uint32_t line = 0;                   // from 1; 0: unknown
  std::uint32_t column = 0;                 // from 1, in bytes; 0: unknown
};

enum class Severity : std::uint8_t { Error, Warning, Notice };

struct Diagnostic {
  Severity severity = Severity::Error;
  Position position;
  std::string path;     // the field, as "spec.ports[1].port"; empty for a whole file or document
  std::string message;  // what was found, what was expected, and the remedy if known
};

using Diagnostics = std::vector<Diagnostic>;

std::string_view to_string(Severity severity);  // "error", "warning", "notice"

// "mesh/web.yaml:14:13", "mesh/web.yaml" without a line, "" without a file.
std::string to_string(const Position& position);

// "mesh/web.yaml:14:13: error: spec.template: ...", always one line.
std::string to_string(const Diagnostic& diagnostic);

// By file, line, column, path, message: the order in which people read them.
bool read_before(const Diagnostic& a, const Diagnostic& b);
void sort(Diagnostics& diagnostics);

bool has_errors(const Diagnostics& diagnostics);

}  // namespace mesh
