#include "vip/ledger.h"

#include <gtest/gtest.h>

namespace vip {
namespace {

using What = Change::What;

Lease lease(const char* name, const char* ip, std::optional<Seconds> released = {}) {
  return {{mesh::Kind::MeshService, "default", name}, *mesh::Ip::parse(ip), 1, released};
}

std::string text(const Ledger& ledger) {
  std::string text;
  for (const Lease& lease : ledger.leases()) {
    text += lease.service.name + '=' + lease.ip.to_string();
    if (lease.released) text += '@' + std::to_string(*lease.released);
    text += ' ';
  }
  return text;
}

TEST(LedgerTest, FindsByAddressAndByService) {
  const Ledger ledger({lease("web", "241.0.0.2"), lease("redis", "241.0.0.1"),
                       lease("redis", "fd00::1"), lease("gone", "241.0.0.3", 50)});
  EXPECT_EQ(ledger.find(*mesh::Ip::parse("241.0.0.2"))->service.name, "web");
  EXPECT_EQ(ledger.find(*mesh::Ip::parse("241.0.0.9")), std::nullopt);
  const mesh::ServiceId redis{mesh::Kind::MeshService, "default", "redis"};
  EXPECT_EQ(ledger.find(redis, mesh::Family::V4)->ip.to_string(), "241.0.0.1");
  EXPECT_EQ(ledger.find(redis, mesh::Family::V6)->ip.to_string(), "fd00::1");
  const mesh::ServiceId other{mesh::Kind::MeshExternalService, "default", "redis"};
  EXPECT_EQ(ledger.find(other, mesh::Family::V4), std::nullopt)
      << "the kind is a part of the identity";
  EXPECT_EQ(text(ledger), "gone=241.0.0.3@50 redis=241.0.0.1 redis=fd00::1 web=241.0.0.2 ");
}

TEST(LedgerTest, ALivingLeaseIsFoundBeforeTombstonesAndTheLastOfThoseFirst) {
  const mesh::ServiceId redis{mesh::Kind::MeshService, "default", "redis"};
  EXPECT_EQ(Ledger({lease("redis", "241.0.0.1", 90), lease("redis", "241.0.0.2")})
                .find(redis, mesh::Family::V4)
                ->ip.to_string(),
            "241.0.0.2");
  EXPECT_EQ(Ledger({lease("redis", "241.0.0.1", 90), lease("redis", "241.0.0.2", 50)})
                .find(redis, mesh::Family::V4)
                ->ip.to_string(),
            "241.0.0.1");
}

TEST(LeaseTest, TimesAreUtc) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(1735689599), "2024-12-31T23:59:59Z");
}

TEST(LedgerTest, Changes) {
  Ledger ledger(
      {lease("a", "241.0.0.1"), lease("b", "241.0.0.2", 10), lease("c", "241.0.0.3", 20)});
  const std::vector<Change> changes = {
      {What::Release, lease("a", "241.0.0.1", 99), ""},
      {What::Restore, lease("b", "241.0.0.2"), ""},
      {What::Forget, lease("c", "241.0.0.3"), ""},
      {What::Allocate, lease("d", "241.0.0.3"), ""},
  };
  ledger.apply(changes);
  EXPECT_EQ(text(ledger), "a=241.0.0.1@99 b=241.0.0.2 d=241.0.0.3 ");
  EXPECT_EQ(ledger.find(*mesh::Ip::parse("241.0.0.3"))->service.name, "d");
  ledger.apply(std::vector<Change>{});
  EXPECT_EQ(ledger.size(), 3u);
}

}  // namespace
}  // namespace vip
