// What would change if these resources took the place of what the state file says is served: names
// added, removed, moved; VIPs allocated, released.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include "pipeline/build.h"
#include "pipeline/table.h"

namespace cli {

struct Plan {
  std::vector<pipeline::TableChange> names;
  std::vector<vip::Change> vips;
  bool empty() const { return names.empty() && vips.empty(); }
};

// `served` is the table that the state file keeps.
Plan plan(const pipeline::Table& served, const pipeline::Build& build);

enum class PlanFormat : std::uint8_t { Text, Json };
void print(const Plan& plan, PlanFormat format, std::ostream& out);

}  // namespace cli
