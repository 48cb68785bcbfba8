#include "vip/allocate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace vip {
namespace {

using mesh::Ip;
using mesh::ServiceId;
using What = Change::What;

Ip ip(const char* text) {
  return *Ip::parse(text);
}

ServiceId id(const std::string& name, mesh::Kind kind = mesh::Kind::MeshService) {
  return {kind, "default", name};
}

Policy policy(std::vector<const char*> ranges, Seconds quarantine = 300) {
  Policy policy;
  for (const char* range : ranges)
    policy.pools.of(mesh::Kind::MeshService).push_back(*mesh::Cidr::parse(range));
  policy.pools.of(mesh::Kind::MeshExternalService) = {*mesh::Cidr::parse("242.0.0.0/8")};
  policy.quarantine = quarantine;
  return policy;
}

std::vector<Request> requests(const std::vector<std::string>& names) {
  std::vector<Request> requests;
  for (const std::string& name : names) requests.push_back({id(name), {}, {}});
  return requests;
}

// An instance's memory: allocates, and keeps what is to be stored.
struct Instance {
  Policy policy;
  Ledger ledger;

  Allocation serve(const std::vector<Request>& requests, Seconds now = 1000) {
    Allocation allocation = allocate(requests, policy, ledger, now);
    ledger.apply(allocation.changes);
    return allocation;
  }
  Allocation run(const std::vector<std::string>& names, Seconds now = 1000) {
    return serve(requests(names), now);
  }
};

TEST(AllocateTest, EveryServiceHasOneAddressOfThePoolOfItsKind) {
  Instance instance{policy({"241.0.0.0/8"}), {}};
  std::vector<Request> both = requests({"a", "b"});
  both.push_back({id("a", mesh::Kind::MeshExternalService), {}, {}});
  const Allocation first = instance.serve(both);
  EXPECT_TRUE(first.vips[0].front().to_string().starts_with("241."));
  EXPECT_TRUE(first.vips[2].front().to_string().starts_with("242."));
  EXPECT_EQ(first.changes.size(), 3u);
  const Allocation again = instance.serve(both, 2000);
  EXPECT_EQ(again.vips, first.vips);
  EXPECT_TRUE(again.changes.empty());
}

TEST(AllocateTest, OneAddressOfEachFamilyThatHasAPool) {
  Instance instance{policy({"241.0.0.0/8", "fd00:241::/64"}), {}};
  const Allocation allocation = instance.run({"a"});
  ASSERT_EQ(allocation.vips[0].size(), 2u);
  EXPECT_TRUE(allocation.vips[0][0].is_v4());
  EXPECT_FALSE(allocation.vips[0][1].is_v4());
}

TEST(AllocateTest, TheOrderOfRequestsDoesNotMatter) {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("s" + std::to_string(i));
  Instance forwards{policy({"241.0.0.0/24"}), {}};
  const Allocation first = forwards.run(names);
  std::ranges::reverse(names);
  Instance backwards{policy({"241.0.0.0/24"}), {}};
  const Allocation second = backwards.run(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(first.vips[i], second.vips[names.size() - 1 - i]);
  }
}

TEST(AllocateTest, AVipNeverMovesWhateverComesAndGoes) {
  Instance instance{policy({"241.0.0.0/24"}), {}};
  const auto before = instance.run({"m"}).vips[0];
  std::vector<std::string> names = {"m"};
  for (int i = 0; i < 100; ++i) {
    names.insert(names.begin(), "n" + std::to_string(i));
    EXPECT_EQ(instance.run(names).vips.back(), before);
  }
}

TEST(AllocateTest, AServiceThatComesBackGetsItsAddressBack) {
  Instance instance{policy({"241.0.0.0/24"}), {}};
  const auto before = instance.run({"a", "b"}).vips[0];
  const Allocation gone = instance.run({"b"}, 2000);
  ASSERT_EQ(gone.changes.size(), 1u);
  EXPECT_EQ(gone.changes[0].what, What::Release);
  EXPECT_EQ(gone.changes[0].lease.released, 2000);
  const Allocation back = instance.run({"a", "b"}, 999'999);
  EXPECT_EQ(back.vips[0], before);
  EXPECT_EQ(back.changes[0].what, What::Restore);
}

TEST(AllocateTest, ATombstoneIsOnlyReusedWhenNoOtherAddressIsLeft) {
  Instance instance{policy({"241.0.0.0/29"}, 300), {}};  // six addresses
  const auto first = instance.run({"a", "b", "c"}, 1000);
  instance.run({"c"}, 2000);
  const auto three = instance.run({"c", "d", "e", "f"}, 9000);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_NE(three.vips[i], first.vips[0]);
    EXPECT_NE(three.vips[i], first.vips[1]);
  }
  // Now only the tombstones are left.
  const auto fourth = instance.run({"c", "d", "e", "f", "g"}, 9001);
  EXPECT_TRUE(fourth.vips[4] == first.vips[0] || fourth.vips[4] == first.vips[1]);
}

TEST(AllocateTest, TheLongestReleasedIsReusedFirst) {
  Instance instance{policy({"241.0.0.0/30"}, 300), {}};  // two addresses
  const auto both = instance.run({"a", "b"}, 1000);
  instance.run({"a"}, 2000);
  instance.run(std::vector<std::string>{}, 2100);
  const auto next = instance.run({"c"}, 5000);
  EXPECT_EQ(next.vips[0], both.vips[1]) << "b went first";
  EXPECT_NE(next.changes[1].why.find("reused"), std::string::npos);
}

TEST(AllocateTest, TheQuarantineIsRespectedToTheSecond) {
  Instance instance{policy({"241.0.0.0/30"}, 300), {}};
  instance.run({"a", "b"}, 1000);
  instance.run({"a"}, 2000);
  EXPECT_TRUE(instance.run({"a", "c"}, 2299).vips[1].empty());
  EXPECT_EQ(instance.run({"a", "c"}, 2300).vips[1].size(), 1u);
}

TEST(AllocateTest, AClockThatRunsBackwardsGivesNothingAwayEarly) {
  Instance instance{policy({"241.0.0.0/30"}, 300), {}};
  instance.run({"a", "b"}, 1000);
  instance.run({"a"}, 2000);
  EXPECT_TRUE(instance.run({"a", "c"}, 5).vips[1].empty());
}

TEST(AllocateTest, AnExhaustedPoolSaysSoAndServesTheOthers) {
  Instance instance{policy({"241.0.0.0/30"}, 300), {}};
  std::vector<Request> many = requests({"a", "b", "c", "d"});
  many.push_back({id("x", mesh::Kind::MeshExternalService), {}, {}});
  const Allocation allocation = instance.serve(many);
  std::size_t served = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(allocation.vips[i].empty(), !allocation.missing[i].empty());
    served += allocation.vips[i].size();
  }
  EXPECT_EQ(served, 2u);
  EXPECT_EQ(allocation.vips[4].size(), 1u);
  ASSERT_EQ(allocation.diagnostics.size(), 1u) << "one a pool, not one a service";
  const std::string& message = allocation.diagnostics[0].message;
  for (const char* part : {"241.0.0.0/30", "2 services", "vip.meshService"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(AllocateTest, EveryUsableAddressIsGivenOut) {
  Instance instance{policy({"241.0.0.0/24", "241.1.0.0/28"}), {}};
  std::vector<std::string> names;
  for (int i = 0; i < 254 + 14; ++i) names.push_back("s" + std::to_string(i));
  const Allocation allocation = instance.run(names);
  std::set<Ip> all;
  for (const auto& vips : allocation.vips) all.insert(vips.begin(), vips.end());
  EXPECT_EQ(all.size(), names.size());
  for (const char* edge : {"241.0.0.0", "241.0.0.255", "241.1.0.0", "241.1.0.15"}) {
    EXPECT_FALSE(all.contains(ip(edge))) << edge;
  }
  std::uint64_t used = 0;
  for (const PoolUse& use : allocation.pools) used += use.used;
  EXPECT_EQ(used, names.size());
}

TEST(AllocateTest, GivenAddresses) {
  const Policy pools = policy({"241.0.0.0/8"});
  Request given{id("a"), {ip("10.96.0.7")}, {}};
  {
    Instance instance{pools, {}};
    const Allocation allocation = instance.serve(std::vector{given});
    EXPECT_EQ(allocation.vips[0], (std::vector{ip("10.96.0.7")})) << "kept, outside all pools";
    EXPECT_EQ(instance.serve(std::vector{given}, 2000).changes.size(), 0u);
  }
  {
    Instance instance{pools, {}};
    const auto before = instance.run({"a"}).vips[0];
    const Allocation moved = instance.serve(std::vector{given}, 2000);
    EXPECT_EQ(moved.vips[0], (std::vector{ip("10.96.0.7")}));
    ASSERT_EQ(moved.changes.size(), 2u);
    EXPECT_EQ(moved.changes[1].what, What::Release);
    EXPECT_EQ(moved.changes[1].lease.ip, before.front());
  }
  {
    Instance instance{pools, {}};
    const Ip pooled = ip("241.1.2.3");
    instance.serve(std::vector<Request>{{id("a"), {pooled}, {}}});
    const Allocation both =
        instance.serve(std::vector<Request>{{id("a"), {pooled}, {}}, {id("b"), {pooled}, {}}});
    EXPECT_EQ(both.vips[0], std::vector{pooled}) << "the ledger's holder keeps it";
    EXPECT_NE(both.vips[1], std::vector{pooled});
    EXPECT_EQ(both.vips[1].size(), 1u);
    ASSERT_EQ(both.diagnostics.size(), 1u);
    EXPECT_EQ(both.diagnostics[0].severity, mesh::Severity::Warning);
  }
  {
    Instance instance{policy({"241.0.0.0/8", "fd00::/64"}), {}};
    const Allocation allocation = instance.serve(std::vector{given});
    ASSERT_EQ(allocation.vips[0].size(), 2u) << "the other family is allocated as usual";
    EXPECT_EQ(allocation.vips[0][0], ip("10.96.0.7"));
  }
  {
    Instance instance{pools, {}};
    given.given = {ip("10.96.0.7"), ip("10.96.0.8"), ip("10.96.0.7")};
    EXPECT_EQ(instance.serve(std::vector{given}).vips[0],
              (std::vector{ip("10.96.0.7"), ip("10.96.0.8")}))
        << "several of one family";
  }
  {
    Instance instance{pools, {}};
    const Ip pooled = ip("241.1.2.3");
    instance.serve(std::vector<Request>{{id("a"), {pooled}, {}}});
    instance.run(std::vector<std::string>{}, 2000);
    const Allocation other = instance.serve(std::vector<Request>{{id("b"), {pooled}, {}}}, 2001);
    EXPECT_EQ(other.vips[0], std::vector{pooled}) << "a tombstone's address may be given";
  }
}

// status.vips are applied first, as one assignment: who held what before doesn't keep it from that.
TEST(AllocateTest, GivenAddressesAreOneAssignment) {
  using Vips = std::map<std::string, std::string>;  // service: its address
  const struct {
    const char* why;
    Vips before;  // given as well, so that the ledger has exactly these
    Vips given;   // "": none
    Vips after;   // "" : another than before, of the pool
    std::vector<std::string> warnings;
  } kCases[] = {
      {"two services swap their addresses",
       {{"a", "241.0.0.1"}, {"b", "241.0.0.2"}},
       {{"a", "241.0.0.2"}, {"b", "241.0.0.1"}},
       {{"a", "241.0.0.2"}, {"b", "241.0.0.1"}},
       {"241.0.0.2 moves from MeshService b to MeshService a",
        "241.0.0.1 moves from MeshService a to MeshService b"}},
      {"a chain: each has the address of the next",
       {{"a", "241.0.0.1"}, {"b", "241.0.0.2"}, {"c", "241.0.0.3"}},
       {{"a", "241.0.0.2"}, {"b", "241.0.0.3"}, {"c", "241.0.0.4"}},
       {{"a", "241.0.0.2"}, {"b", "241.0.0.3"}, {"c", "241.0.0.4"}},
       {"241.0.0.2 moves from MeshService b to MeshService a",
        "241.0.0.3 moves from MeshService c to MeshService b",
        "MeshService a moves from 241.0.0.1 to the given addresses"}},
      {"a service that is given none makes room for one that is",
       {{"a", "241.0.0.1"}, {"b", "241.0.0.2"}},
       {{"a", ""}, {"b", "241.0.0.1"}},
       {{"a", ""}, {"b", "241.0.0.1"}},
       {"241.0.0.1 moves from MeshService a to MeshService b",
        "MeshService b moves from 241.0.0.2 to the given addresses"}},
      {"given twice: the one that has it keeps it",
       {{"a", "241.0.0.1"}, {"b", "241.0.0.2"}},
       {{"a", "241.0.0.2"}, {"b", "241.0.0.2"}},
       {{"a", "241.0.0.1"}, {"b", "241.0.0.2"}},
       {"241.0.0.2 is the VIP of MeshService b already and stays with it; MeshService a is "
        "allocated another"}},
      {"given twice and held by neither: the first in order has it",
       {{"a", "241.0.0.1"}, {"b", "241.0.0.2"}},
       {{"a", "241.0.0.3"}, {"b", "241.0.0.3"}},
       {{"a", "241.0.0.3"}, {"b", "241.0.0.2"}},
       {"241.0.0.3 is the VIP of MeshService a already and stays with it; MeshService b is "
        "allocated another",
        "MeshService a moves from 241.0.0.1 to the given addresses"}},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    Instance instance{policy({"241.0.0.0/24"}), {}};
    const auto to_requests = [](const Vips& vips) {
      std::vector<Request> requests;
      for (const auto& [name, given] : vips) {
        requests.push_back({id(name), {}, {}});
        if (!given.empty()) requests.back().given.push_back(ip(given.c_str()));
      }
      return requests;
    };
    instance.serve(to_requests(row.before), 1000);
    const auto requests = to_requests(row.given);
    const Allocation moved = instance.serve(requests, 2000);
    std::set<std::string> warnings;
    for (const auto& diagnostic : moved.diagnostics) {
      EXPECT_EQ(diagnostic.path, "status.vips");
      // The second half says why; the first is what happens.
      warnings.insert(diagnostic.message.substr(0, diagnostic.message.find(", whose")));
    }
    EXPECT_EQ(warnings, std::set<std::string>(row.warnings.begin(), row.warnings.end()));
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const std::string& name = requests[i].service.name;
      ASSERT_EQ(moved.vips[i].size(), 1u) << name;
      const std::string after = moved.vips[i].front().to_string();
      if (row.after.at(name).empty()) {
        EXPECT_NE(after, row.before.at(name)) << name;
      } else {
        EXPECT_EQ(after, row.after.at(name)) << name;
      }
      EXPECT_EQ(instance.ledger.find(moved.vips[i].front())->service, requests[i].service);
    }
    EXPECT_TRUE(instance.serve(requests, 3000).changes.empty()) << "it is done";
  }
}

TEST(AllocateTest, BorrowedAddressesAreLookedUpAndNeverStoredOrReleased) {
  Instance instance{policy({"241.0.0.0/24"}), {}};
  const auto before = instance.run({"a"}).vips[0];
  const Request one{id("b"), {ip("10.96.0.7"), ip("fd00::7")}, {}, true};
  const Request two{id("c"), {ip("10.96.0.7")}, {}, true};
  const Request none{id("d"), {}, {}, true};
  const Request lent{id("e"), {before.front()}, {}, true};
  const std::vector<Request> all = {{id("a"), {}, {}}, one, two, none, lent};
  const Allocation allocation = instance.serve(all, 2000);
  EXPECT_EQ(allocation.vips[0], before) << "not even if it has an address of our own";
  EXPECT_EQ(allocation.vips[1], one.given);
  EXPECT_EQ(allocation.vips[2], two.given) << "several may have the same";
  EXPECT_TRUE(allocation.vips[3].empty()) << "nothing is allocated beside";
  EXPECT_EQ(allocation.missing[3], "");
  EXPECT_TRUE(allocation.changes.empty());
  EXPECT_TRUE(allocation.diagnostics.empty());
  EXPECT_TRUE(instance.run({"a"}, 3000).changes.empty()) << "nothing to release";
  const Allocation borrows = instance.serve(std::vector<Request>{{id("a"), {}, {}, true}}, 4000);
  ASSERT_EQ(borrows.changes.size(), 1u) << "its own VIP waits for it";
  EXPECT_EQ(borrows.changes[0].what, What::Release);
}

TEST(AllocateTest, AChangedPoolMovesNothingUntilRenumber) {
  Instance instance{policy({"241.0.0.0/8"}), {}};
  const auto before = instance.run({"a"}).vips[0];
  instance.policy = policy({"10.99.0.0/16"});
  const Allocation kept = instance.run({"a", "b"}, 2000);
  EXPECT_EQ(kept.vips[0], before);
  EXPECT_TRUE(kept.vips[1].front().to_string().starts_with("10.99."));
  instance.policy.renumber = true;
  const Allocation moved = instance.run({"a", "b"}, 3000);
  EXPECT_TRUE(moved.vips[0].front().to_string().starts_with("10.99."));
  EXPECT_EQ(moved.vips[1], kept.vips[1]);
}

TEST(AllocateTest, InstancesThatNeverTalkAgreeOnNearlyAll) {
  constexpr int kServices = 10'000;
  std::vector<std::string> names;
  for (int i = 0; i < kServices; ++i)
    names.push_back("team-" + std::to_string(i % 37) + "-svc-" + std::to_string(i));
  Instance all_at_once{policy({"241.0.0.0/8"}), {}};
  const Allocation first = all_at_once.run(names);
  Instance one_by_one{policy({"241.0.0.0/8"}), {}};
  std::vector<std::size_t> order(names.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::shuffle(order, std::mt19937(1));
  std::vector<Request> some;
  for (std::size_t i = 0; i < order.size(); ++i) {
    some.push_back({id(names[order[i]]), {}, {}});
    if (i % 1000 == 999) one_by_one.serve(some);
  }
  const Allocation second = one_by_one.serve(some);
  int differ = 0;
  for (std::size_t i = 0; i < order.size(); ++i) differ += second.vips[i] != first.vips[order[i]];
  // Pairs with one hash: n²/2 of 2^24, about 3; each makes at most two services differ.
  EXPECT_LE(differ, 20);
}

TEST(CheckTest, PoolsThatCantWork) {
  EXPECT_TRUE(check(policy({"241.0.0.0/8", "fd00::/64"}).pools).empty());
  for (const char* bad : {"241.0.0.1/32", "241.0.0.0/31", "242.1.0.0/16", "fd00::/127"}) {
    const auto diagnostics = check(policy({bad}).pools);
    ASSERT_EQ(diagnostics.size(), 1u) << bad;
    EXPECT_NE(diagnostics[0].message.find(bad == std::string("242.1.0.0/16") ? "242.0.0.0/8" : bad),
              std::string::npos);
  }
}

// Random rounds of services that come, go and return, against a plain model of what must hold.
TEST(AllocateTest, RandomRoundsKeepEveryPromise) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    constexpr Seconds kQuarantine = 50;
    Instance instance{policy({"241.0.0.0/28"}, kQuarantine), {}};  // 14 addresses
    std::map<ServiceId, Ip> last;    // what each service was last served with
    std::map<Ip, ServiceId> holder;  // and of each address who was its last
    std::map<Ip, Seconds> left;      // when that one went
    std::set<ServiceId> here;
    Seconds now = 1000;
    for (int round = 0; round < 60; ++round) {
      now += static_cast<Seconds>(random() % 30);
      std::vector<Request> wanted;
      for (int i = 0; i < 20; ++i) {
        const ServiceId service = id("s" + std::to_string(i));
        const bool stays = here.contains(service) ? random() % 4 != 0 : random() % 3 == 0;
        if (stays) wanted.push_back({service, {}, {}});
      }
      std::ranges::shuffle(wanted, random);
      const Allocation allocation = instance.serve(wanted, now);
      std::set<ServiceId> after;
      std::set<Ip> used;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        after.insert(wanted[i].service);
        ASSERT_LE(allocation.vips[i].size(), 1u);
        if (allocation.vips[i].empty()) continue;
        const Ip vip = allocation.vips[i].front();
        ASSERT_TRUE(used.insert(vip).second) << "one address, one service";
        if (here.contains(wanted[i].service) && last.contains(wanted[i].service)) {
          ASSERT_EQ(vip, last[wanted[i].service]) << "never moved";
        }
        const auto before = holder.find(vip);
        if (before != holder.end() && before->second != wanted[i].service) {
          ASSERT_FALSE(here.contains(before->second) && after.contains(before->second));
          ASSERT_TRUE(left.contains(vip)) << "taken from a service that was here";
          ASSERT_GE(now - left[vip], kQuarantine) << "quarantine";
          ASSERT_EQ(instance.ledger.size(), 14u) << "only when every address was used before";
          last.erase(before->second);
        }
        last[wanted[i].service] = vip;
        holder.insert_or_assign(vip, wanted[i].service);
        left.erase(vip);
      }
      for (const ServiceId& service : here) {
        if (!after.contains(service) && last.contains(service)) left[last[service]] = now;
      }
      // Whoever is here without an address could not have had one.
      std::set<ServiceId> served;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!allocation.vips[i].empty()) served.insert(wanted[i].service);
        if (allocation.vips[i].empty()) {
          ASSERT_FALSE(last.contains(wanted[i].service));
          for (const Lease& lease : instance.ledger.leases()) {
            ASSERT_TRUE(!lease.released || now - *lease.released < kQuarantine);
          }
          ASSERT_EQ(instance.ledger.size(), 14u);
        }
      }
      here = served;
    }
  }
}

}  // namespace
}  // namespace vip
