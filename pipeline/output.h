// An output of the build: the DNS server, the statuses of custom resources, routes.
//
// Nothing else of the program knows what kind of output it is: status, metrics and the page show
// its OutputState. An output is owned and called by the build thread, and must not wait for
// anything.
#pragma once

#include <string>
#include <vector>

#include "pipeline/source.h"

namespace pipeline {

class Pipeline;
struct Update;

struct OutputState {
  std::string name;     // "dns", "status"; distinct among the outputs
  std::string problem;  // what keeps it from being up to date; "" if nothing does
  std::vector<Figure> figures;
  std::vector<Concern> concerns;
};

class Output {
 public:
  virtual ~Output() = default;

  // What is served was changed by `update`, from a build that it describes as "before" to the one
  // that `now` has. Called after each build, also with an empty update; the first time, all that
  // there is was added.
  virtual void publish(const Update& update, const Pipeline& now) = 0;
  virtual OutputState state() const = 0;
};

}  // namespace pipeline
