// What would change if these resources took the place of what the state file says is served: names
// added, removed, moved; VIPs allocated, released.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include "app/pipeline.h"
#include "app/table.h"

namespace app {

struct Plan {
  std::vector<TableChange> names;
  std::vector<vip::Change> vips;
  bool empty() const { return names.empty() && vips.empty(); }
};

// `served` is the table that the state file keeps.
Plan plan(const Table& served, const Build& build);

enum class PlanFormat : std::uint8_t { Text, Json };
void print(const Plan& plan, PlanFormat format, std::ostream& out);

}  // namespace app
