#include "vip/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>

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

TEST(LedgerTest, AServiceMayHaveManyLeases) {
  Ledger ledger;
  for (std::uint32_t i = 0; i < 500; ++i) {
    const Lease many{{mesh::Kind::MeshService, "default", "a"}, mesh::Ip::v4(i), 1, i};
    ledger.apply(std::vector<Change>{{What::Allocate, many, ""}});
    ASSERT_EQ(ledger.of(many.service).size(), i + 1);
  }
  ledger.apply(std::vector<Change>{{What::Forget, *ledger.find(mesh::Ip::v4(499)), ""},
                                   {What::Forget, *ledger.find(mesh::Ip::v4(7)), ""}});
  EXPECT_EQ(ledger.of({mesh::Kind::MeshService, "default", "a"}).size(), 498u);
}

// Against a plain map, through growth, reuse of entries and of the room of names.
TEST(LedgerTest, RandomChangesAreAsAMapHasThem) {
  std::mt19937 random(3);
  Ledger ledger;
  std::map<mesh::Ip, Lease> expected;
  const auto address = [&] {
    const auto n = static_cast<std::uint32_t>(random() % 900);
    if (n % 5 != 0) return mesh::Ip::v4(0xf1000000u + n);
    return mesh::Ip::v6({0xfd, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
  };
  const auto service = [&] {
    const auto n = random() % 400;  // so that many have several leases
    return mesh::ServiceId{mesh::kKinds[n % 3], n % 7 == 0 ? "other" : "default",
                           "s" + std::to_string(n) + std::string(n % 250, 'x')};
  };
  for (int round = 0; round < 60'000; ++round) {
    const mesh::Ip ip = address();
    const auto held = expected.find(ip);
    Change change;
    if (held == expected.end()) {
      change = {What::Allocate, {service(), ip, static_cast<Seconds>(round), {}}, ""};
      expected.emplace(ip, change.lease);
    } else if (random() % 2 == 0) {
      change = {What::Forget, held->second, ""};
      expected.erase(held);
    } else {
      held->second.released = held->second.released ? std::nullopt : std::optional<Seconds>(round);
      change = {held->second.released ? What::Release : What::Restore, held->second, ""};
    }
    ledger.apply(std::span(&change, 1));
    if (round % 500 != 0) continue;
    std::vector<Lease> leases;
    for (const auto& [at, lease] : expected) {
      ASSERT_EQ(ledger.find(at), lease);
      leases.push_back(lease);
    }
    std::ranges::sort(leases);
    ASSERT_EQ(ledger.leases(), leases);
    ASSERT_EQ(ledger.size(), leases.size());
    const mesh::ServiceId one = service();
    std::erase_if(leases, [&](const Lease& lease) { return lease.service != one; });
    std::vector<Lease> of;
    for (const LeaseView& lease : ledger.of(one)) of.push_back(lease.lease());
    ASSERT_EQ(of, leases);
  }
  EXPECT_LE(ledger.capacity(), 900u) << "entries are used again";
}

}  // namespace
}  // namespace vip
