// Allocator against its specification, allocate(): many random edits, and after each the same
// changes, VIPs, reasons, pools and diagnostics.
#include "vip/allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace vip {
namespace {

using mesh::Ip;
using mesh::Kind;
using mesh::ServiceId;

Ip ip(const std::string& text) {
  return *Ip::parse(text);
}

mesh::Cidr range(const char* text) {
  return *mesh::Cidr::parse(text);
}

ServiceId id(const std::string& name, Kind kind = Kind::MeshService) {
  return {kind, "default", name};
}

std::vector<std::string> texts(const mesh::Diagnostics& diagnostics) {
  std::vector<std::string> texts;
  for (const auto& diagnostic : diagnostics) texts.push_back(to_string(diagnostic));
  std::ranges::sort(texts);
  return texts;
}

std::string text(const Change& change) {
  return std::to_string(static_cast<int>(change.what)) + ' ' + to_string(change.lease.service) +
         ' ' + change.lease.ip.to_string() + ' ' + change.why;
}

std::vector<std::string> texts(const std::vector<Change>& changes) {
  std::vector<std::string> texts;
  for (const Change& change : changes) texts.push_back(text(change));
  return texts;
}

// A mesh that is edited at random, with an Allocator and a ledger for the specification.
class Edits {
 public:
  Edits(Policy policy, std::vector<Lease> leases, unsigned seed)
      : policy_(std::move(policy)),
        allocator_(policy_, Ledger(leases)),
        ledger_(leases),
        random_(seed) {
    for (const Lease& lease : leases) {
      if (!lease.released) served_[lease.service].push_back(lease.ip);
    }
    for (auto& [service, vips] : served_) std::ranges::sort(vips);
  }

  void edit() {
    const ServiceId service = any_service();
    if (one_in(3)) {
      requests_.erase(service);
      allocator_.remove(service);
      return;
    }
    Request request{service, {}, {}};
    request.position.line = static_cast<std::uint32_t>(random_() % 3 + 1);
    if (one_in(3)) {
      const auto given = random_() % 3 + 1;
      for (std::size_t i = 0; i < given; ++i) request.given.push_back(any_address());
    }
    request.borrowed = one_in(12);
    requests_.insert_or_assign(service, request);
    allocator_.change(request);
  }

  // One proposal, compared with allocate(); committed or not.
  void round() {
    now_ += static_cast<Seconds>(random_() % 40);
    if (one_in(50)) now_ -= 60;
    std::vector<Request> requests;
    for (const auto& [service, request] : requests_) requests.push_back(request);
    std::ranges::shuffle(requests, random_);
    const Allocation expected = allocate(requests, policy_, ledger_, now_);
    const Proposal proposal = allocator_.propose(now_);
    ASSERT_EQ(texts(proposal.changes), texts(expected.changes));
    ASSERT_EQ(proposal.changes, expected.changes);
    ASSERT_EQ(proposal.pools, expected.pools);
    if (one_in(6)) {  // the commit fails; requests may change until the next proposal
      return;
    }
    if (one_in(4)) {
      // What changes while the commit is under way is for the next proposal.
      edit();
    }
    accept(proposal, expected, requests);
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }

  ServiceId any_service() {
    const auto kind = one_in(4) ? Kind::MeshExternalService : Kind::MeshService;
    return {kind, one_in(5) ? "other" : "default", "s" + std::to_string(random_() % 14)};
  }

  Ip any_address() {
    if (one_in(6)) return ip("fd00::" + std::to_string(random_() % 5));
    if (one_in(5)) return ip("10.0.0." + std::to_string(random_() % 4));
    return ip("241.0.0." + std::to_string(random_() % 16));  // network and broadcast as well
  }

  void accept(const Proposal& proposal, const Allocation& expected,
              const std::vector<Request>& requests) {
    allocator_.accept(proposal);
    ledger_.apply(expected.changes);
    ASSERT_EQ(allocator_.ledger().leases(), ledger_.leases());
    ASSERT_EQ(allocator_.pools(), expected.pools);
    mesh::DiagnosticChanges diagnostics = proposal.diagnostics;
    diagnostics_.apply(diagnostics);
    ASSERT_EQ(texts(diagnostics_.first()), texts(expected.diagnostics));
    for (const Served& served : proposal.served) {
      served_[served.service] = served.vips;
      missing_[served.service] = served.missing;
    }
    std::size_t missing = 0;
    std::map<ServiceId, std::vector<Ip>> kept;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].borrowed) {
        ASSERT_EQ(expected.vips[i], requests[i].given);
        continue;
      }
      const ServiceId& service = requests[i].service;
      ASSERT_EQ(allocator_.vips(service), expected.vips[i]) << to_string(service);
      ASSERT_EQ(allocator_.missing(service), expected.missing[i]) << to_string(service);
      ASSERT_EQ(served_[service], expected.vips[i]) << to_string(service) << " was not reported";
      ASSERT_EQ(missing_[service], expected.missing[i]) << to_string(service);
      missing += expected.missing[i].empty() ? 0u : 1u;
      kept[service] = expected.vips[i];
    }
    ASSERT_EQ(allocator_.missing_services(), missing);
    // What is not there any more has no VIPs and no reason.
    served_ = std::move(kept);
    std::erase_if(missing_, [&](const auto& entry) { return !served_.contains(entry.first); });
  }

  const Policy policy_;
  Allocator allocator_;
  Ledger ledger_;
  std::mt19937 random_;
  Seconds now_ = 1000;
  std::map<ServiceId, Request> requests_;
  mesh::DiagnosticSet diagnostics_;
  // What the proposals reported, put together.
  std::map<ServiceId, std::vector<Ip>> served_;
  std::map<ServiceId, std::string> missing_;
};

Policy small_pools(bool v6, bool renumber) {
  Policy policy;
  policy.pools.of(Kind::MeshService) = {range("241.0.0.0/29"), range("241.0.0.8/30")};
  policy.pools.of(Kind::MeshExternalService) = {range("241.0.0.12/30")};
  if (v6) policy.pools.of(Kind::MeshService).push_back(range("fd00::/125"));
  policy.quarantine = 100;
  policy.renumber = renumber;
  return policy;
}

// What an earlier start left: leases in the pools and outside, living ones and tombstones.
std::vector<Lease> earlier_leases() {
  return {{id("s1"), ip("241.0.0.1"), 1, {}},
          {id("s2"), ip("10.9.0.1"), 1, {}},
          {id("s3"), ip("10.9.0.2"), 1, 950},
          {id("s4"), ip("241.0.0.7"), 1, 990},
          {id("gone"), ip("241.0.0.9"), 1, {}},
          {id("s5"), ip("241.0.0.2"), 1, 10},
          {id("s5"), ip("241.0.0.3"), 1, 20},
          {id("s6"), ip("fd00::3"), 1, 20},
          {id("s6"), ip("241.0.0.4"), 1, {}},
          {id("gone too"), ip("fd00::1"), 1, 900},
          {id("s1", Kind::MeshExternalService), ip("241.0.0.5"), 1, {}}};
}

TEST(AllocatorTest, RandomEditsAreAsTheSpecificationHasThem) {
  int edits = 0;
  for (unsigned seed = 0; seed < 120; ++seed) {
    SCOPED_TRACE(seed);
    Edits mesh(small_pools(seed % 3 == 0, seed % 5 == 0),
               seed % 2 == 0 ? std::vector<Lease>() : earlier_leases(), seed);
    for (int round = 0; round < 100; ++round) {
      for (unsigned n = (seed + static_cast<unsigned>(round)) % 5; n > 0; --n, ++edits) mesh.edit();
      mesh.round();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GE(edits, 20'000);
}

class Mesh {
 public:
  explicit Mesh(std::vector<Lease> leases = {}) : allocator_(policy(), Ledger(leases)) {}

  static Policy policy() {
    Policy policy;
    policy.pools.of(Kind::MeshService) = {range("241.0.0.0/30")};
    policy.quarantine = 100;
    return policy;
  }
  Proposal commit(Seconds now = 1000) {
    Proposal proposal = allocator_.propose(now);
    allocator_.accept(proposal);
    return proposal;
  }
  void add(const std::string& name, std::vector<Ip> given = {}) {
    allocator_.change({id(name), std::move(given), {}});
  }

  Allocator allocator_;
};

TEST(AllocatorTest, ASettledServiceIsNotConsideredAgain) {
  Mesh mesh;
  mesh.add("a");
  EXPECT_EQ(mesh.commit().served.size(), 1u);
  mesh.add("a");
  const Proposal again = mesh.commit();
  EXPECT_TRUE(again.changes.empty());
  EXPECT_TRUE(again.served.empty()) << "its request changed, its VIPs didn't";
  EXPECT_EQ(mesh.allocator_.vips(id("a")).size(), 1u);
}

TEST(AllocatorTest, AServiceWithoutAnAddressGetsOneWhenTheQuarantineIsOver) {
  Mesh mesh;
  for (const char* name : {"a", "b", "c"}) mesh.add(name);
  mesh.commit();
  EXPECT_EQ(mesh.allocator_.missing_services(), 1u);
  EXPECT_NE(mesh.allocator_.missing(id("c")), "");
  mesh.allocator_.remove(id("a"));
  mesh.commit(2000);
  EXPECT_EQ(mesh.commit(2099).changes.size(), 0u);
  const Proposal late = mesh.commit(2100);
  ASSERT_EQ(late.served.size(), 1u) << "though no request changed";
  EXPECT_EQ(late.served[0].service, id("c"));
  EXPECT_EQ(late.served[0].vips.size(), 1u);
  EXPECT_EQ(late.diagnostics.removed.size(), 1u);
  EXPECT_EQ(mesh.allocator_.missing_services(), 0u);
}

TEST(AllocatorTest, AProposalThatWasNotCommittedIsMadeAgain) {
  Mesh mesh({{id("gone"), ip("241.0.0.1"), 1, {}}});
  mesh.add("a");
  const Proposal lost = mesh.allocator_.propose(1000);
  EXPECT_EQ(lost.changes.size(), 2u);
  EXPECT_TRUE(mesh.allocator_.vips(id("a")).empty());
  const Proposal again = mesh.commit(1001);
  ASSERT_EQ(again.changes.size(), 2u);
  EXPECT_EQ(again.changes[1].lease.since, 1001);
  EXPECT_TRUE(mesh.commit(1002).changes.empty());
}

TEST(AllocatorTest, TheFirstProposalReleasesWhatNobodyAsksFor) {
  Mesh mesh({{id("gone"), ip("241.0.0.1"), 1, {}}, {id("a"), ip("241.0.0.2"), 1, {}}});
  mesh.add("a");
  const Proposal first = mesh.commit();
  ASSERT_EQ(first.changes.size(), 1u);
  EXPECT_EQ(first.changes[0].what, Change::What::Release);
  EXPECT_EQ(first.changes[0].lease.service, id("gone"));
  EXPECT_TRUE(first.served.empty()) << "a has what it had";
}

}  // namespace
}  // namespace vip
