// The tables of the state file, all in one place, since the file has one version. Internal to the
// folder.
#pragma once

#include <cstdint>
#include <span>

namespace state {

// "mdns" in ASCII: tells our files from those of other applications.
inline constexpr std::int64_t kApplicationId = 0x6d646e73;
inline constexpr std::int64_t kSchemaVersion = 2;
// The oldest version that is migrated.
inline constexpr std::int64_t kOldestVersion = 1;

// What leads to `version` from the one before it; a new file begins at 0.
struct Step {
  std::int64_t version;
  const char* sql;
};

std::span<const Step> steps();  // in order

}  // namespace state
