// A source of resources: files, a cluster, a control plane, a store.
//
// A source reads and follows what it is a source of, and delivers what changed. It never waits for
// the build. Nothing else of the program knows what kind of source it is: status, metrics and the
// page show its SourceState, and how several sources join is one rule (pipeline/join.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/change.h"
#include "mesh/diagnostic.h"

namespace pipeline {

using Time = std::chrono::steady_clock::time_point;

// A number that a source or an output shows: in /status by `name`, in the metrics as
// mesh_dns_source_NAME or mesh_dns_output_NAME, with _total behind it for a counter.
struct Figure {
  std::string_view name;  // of a literal: "documents", "received_bytes"
  std::string_view help;  // likewise; one sentence
  std::uint64_t value = 0;
  bool counter = false;  // it only grows
};

// What a person should know of a source or an output as a whole.
struct Concern {
  mesh::Severity severity = mesh::Severity::Warning;
  std::string text;
};

struct SourceState {
  std::string name;               // "files"; distinct among the sources
  std::vector<std::string> from;  // paths, the URL of a server
  // All of it was received at least once. No table is made of half a source: names would be taken
  // away that exist.
  bool complete = false;
  std::string problem;               // what keeps it from being followed; "" if nothing does
  std::optional<Time> behind_since;  // since when what it delivered may be out of date
  std::vector<Figure> figures;
  std::vector<Concern> concerns;
};

// What changed in a source since it last delivered; the first time, all that it has.
struct Delivery {
  mesh::Changes changes;
  mesh::DiagnosticChanges diagnostics;
  SourceState state;
  // Somebody asked for it, or a file was written: it is answered by a line in the log, though it
  // may change nothing.
  bool announced = false;
};

using Deliver = std::function<void(Delivery)>;  // may be called on any thread

class Source {
 public:
  virtual ~Source() = default;

  // Begins to read and to follow. Called once.
  virtual void start() = 0;
  // Looks at all of it again, whatever is known of changes (SIGHUP); delivers in any case.
  virtual void refresh() {}
};

}  // namespace pipeline
