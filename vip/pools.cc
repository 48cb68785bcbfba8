#include "vip/pools.h"

#include <limits>
#include <string>
#include <utility>

#include "vip/pool.h"

namespace vip {

std::string_view setting(mesh::Kind kind) {
  switch (kind) {
    case mesh::Kind::MeshService:
      return "vip.meshService";
    case mesh::Kind::MeshExternalService:
      return "vip.meshExternalService";
    case mesh::Kind::MeshMultiZoneService:
      return "vip.meshMultiZoneService";
  }
  return "";
}

std::uint64_t usable(const mesh::Cidr& pool) {
  const bool v4 = pool.family() == mesh::Family::V4;
  const unsigned bits = (v4 ? 32 : 128) - pool.length();
  if (bits < 2) return 0;
  if (bits >= 64) return std::numeric_limits<std::uint64_t>::max();
  return (std::uint64_t{1} << bits) - (v4 ? 2 : 1);
}

mesh::Diagnostics check(const Pools& pools) {
  mesh::Diagnostics diagnostics;
  const std::vector<Pool> all = all_pools(pools);
  const auto error = [&](const Pool& pool, std::string message) {
    diagnostics.push_back({mesh::Severity::Error,
                           {},
                           std::string(setting(pool.kind())),
                           pool.range().to_string() + ' ' + std::move(message)});
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].usable() == 0) {
      error(all[i],
            "has no address to give out, since the first and the last of a range never are: give "
            "a range of at least four addresses");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!all[i].range().overlaps(all[j].range())) continue;
      error(all[i], "overlaps " + all[j].range().to_string() + " of " +
                        std::string(setting(all[j].kind())) +
                        ": an address can belong to one pool only");
    }
  }
  return diagnostics;
}

}  // namespace vip
