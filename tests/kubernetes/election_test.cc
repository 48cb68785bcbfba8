#include "kubernetes/election.h"

#include <gtest/gtest.h>

namespace kubernetes {
namespace {

using namespace std::chrono_literals;

const Election::Clock::time_point kStart{};

ElectionLease lease(const std::string& holder, const std::string& renewed,
                    std::int64_t transitions = 0) {
  return {holder, renewed, "then", 15, transitions, "7"};
}

TEST(ElectionTest, ALeaseThatIsNotThereIsMade) {
  Election election("me");
  const auto next = election.next(std::nullopt, kStart, "now");
  EXPECT_EQ(next, (ElectionLease{"me", "now", "now", 15, 0, ""}));
  EXPECT_FALSE(election.is_leader(kStart)) << "it is not written yet";
  election.written(kStart);
  EXPECT_TRUE(election.is_leader(kStart));
}

TEST(ElectionTest, OneOfAnotherIsLeftAlone) {
  Election election("me");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(election.next(lease("you", std::to_string(i)), kStart + i * 5s, "now"), std::nullopt);
  }
}

TEST(ElectionTest, OneThatIsNotRenewedIsTakenOver) {
  Election election("me");
  EXPECT_EQ(election.next(lease("you", "a"), kStart, "now"), std::nullopt);
  EXPECT_EQ(election.next(lease("you", "a"), kStart + 14s, "now"), std::nullopt);
  EXPECT_EQ(election.next(lease("you", "a", 3), kStart + 15s, "now"), std::nullopt)
      << "it has just changed";
  EXPECT_EQ(election.next(lease("you", "a", 3), kStart + 30s, "now"),
            (ElectionLease{"me", "now", "now", 15, 4, "7"}));
}

TEST(ElectionTest, OneThatWasGivenUpIsTakenAtOnce) {
  Election election("me");
  EXPECT_EQ(election.next(lease("", "a"), kStart, "now"),
            (ElectionLease{"me", "now", "now", 15, 1, "7"}));
}

TEST(ElectionTest, OursIsRenewed) {
  Election election("me");
  EXPECT_EQ(election.next(lease("me", "a", 2), kStart, "now"),
            (ElectionLease{"me", "now", "then", 15, 2, "7"}));
}

TEST(ElectionTest, WhoCannotRenewIsNoLeaderBeforeAnotherCanBe) {
  Election election("me");
  election.next(std::nullopt, kStart, "now");
  election.written(kStart);
  EXPECT_TRUE(election.is_leader(kStart + 9s));
  EXPECT_FALSE(election.is_leader(kStart + 10s));
  static_assert(Election::kDeadline < Election::kDuration);
}

TEST(ElectionTest, WhoSeesAnotherHolderIsNoLeader) {
  Election election("me");
  election.next(std::nullopt, kStart, "now");
  election.written(kStart);
  election.next(lease("you", "a"), kStart + 1s, "now");
  EXPECT_FALSE(election.is_leader(kStart + 1s));
}

TEST(LeaseTest, IsReadAsItIsWritten) {
  const ElectionLease written = lease("me \"quoted\"", "2026-01-02T03:04:05.000006Z", 3);
  EXPECT_EQ(parse_lease(to_json(written, "mesh-dns", "ns")), written);
}

TEST(LeaseTest, WhatIsNoneIsNone) {
  for (const char* text : {"", "[]", "{}", R"({"kind":"Status"})", "x"}) {
    EXPECT_EQ(parse_lease(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_lease(R"({"kind":"Lease","spec":{"leaseDurationSeconds":"x"}})"),
            ElectionLease());
}

}  // namespace
}  // namespace kubernetes
