#include "vip/pool.h"

#include <gtest/gtest.h>

#include <set>

#include "vip/allocate.h"

namespace vip {
namespace {

mesh::Cidr range(const char* text) {
  return *mesh::Cidr::parse(text);
}

TEST(PoolTest, UsableAddresses) {
  const struct {
    const char* range;
    std::uint64_t usable;
  } kCases[] = {
      {"241.0.0.0/8", (1u << 24) - 2},
      {"241.0.0.0/24", 254},
      {"241.0.0.0/30", 2},
      {"241.0.0.0/31", 0},
      {"241.0.0.1/32", 0},
      {"fd00::/112", 65535},
      {"fd00::/126", 3},
      {"fd00::/127", 0},
      {"fd00::/64", ~std::uint64_t{0}},
      {"fd00::/8", ~std::uint64_t{0}},
  };
  for (const auto& row : kCases) EXPECT_EQ(usable(range(row.range)), row.usable) << row.range;
}

TEST(PoolTest, CandidatesAreAllUsableAddressesOnceAndNoOthers) {
  for (const char* text : {"241.0.0.0/28", "fd00::/125"}) {
    const Pool pool(mesh::Kind::MeshService, range(text));
    for (const std::uint64_t hash : {std::uint64_t{0}, std::uint64_t{5}, ~std::uint64_t{0}}) {
      std::set<mesh::Ip> seen;
      for (std::uint64_t i = 0; i < pool.usable(); ++i) {
        const mesh::Ip ip = pool.candidate(hash, i);
        EXPECT_TRUE(pool.can_give(ip)) << ip.to_string();
        EXPECT_TRUE(seen.insert(ip).second) << ip.to_string();
      }
      EXPECT_EQ(seen.size(), pool.usable());
      EXPECT_FALSE(seen.contains(pool.range().first()));
    }
    EXPECT_TRUE(pool.contains(pool.range().first()));
    EXPECT_FALSE(pool.can_give(pool.range().first()));
  }
}

TEST(PoolTest, AHugeRangeDoesNotOverflow) {
  const Pool pool(mesh::Kind::MeshService, range("fd00::/8"));
  const mesh::Ip ip = pool.candidate(~std::uint64_t{0} - 1, 5);
  EXPECT_TRUE(pool.can_give(ip)) << ip.to_string();
}

// The hash is a promise: sidecars of all versions must choose the same address. Never change these.
TEST(PoolTest, TheHashIsForEver) {
  EXPECT_EQ(hash({mesh::Kind::MeshService, "default", "redis"}) % ((1u << 24) - 2) + 1,
            0x968a3du);  // 241.150.138.61
  EXPECT_EQ(hash({mesh::Kind::MeshExternalService, "default", "payments"}) % ((1u << 24) - 2) + 1,
            0x4a0399u);  // 242.74.3.153
  const mesh::ServiceId ids[] = {{mesh::Kind::MeshService, "default", "redis"},
                                 {mesh::Kind::MeshMultiZoneService, "default", "redis"},
                                 {mesh::Kind::MeshService, "defaultr", "edis"},
                                 {mesh::Kind::MeshService, "other", "redis"}};
  std::set<std::uint64_t> hashes;
  for (const auto& id : ids) hashes.insert(hash(id));
  EXPECT_EQ(hashes.size(), std::size(ids)) << "kind, mesh and name all count";
}

}  // namespace
}  // namespace vip
