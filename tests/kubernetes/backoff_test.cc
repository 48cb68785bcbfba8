#include "kubernetes/backoff.h"

#include <gtest/gtest.h>

namespace kubernetes {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, DoublesUpToItsMost) {
  Backoff backoff;
  const Backoff::Clock::time_point now{};
  for (const auto expected : {800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30000ms, 30000ms}) {
    EXPECT_EQ(backoff.next(now, 1), expected);
  }
}

TEST(BackoffTest, ChanceSpreadsItOverTheWholeTime) {
  const Backoff::Clock::time_point now{};
  EXPECT_EQ(Backoff().next(now, 0), 0ms);
  EXPECT_EQ(Backoff().next(now, 0.5), 400ms);
}

TEST(BackoffTest, WhatTheServerAsksForIsTheLeast) {
  EXPECT_EQ(Backoff().next({}, 0.5, 5s), 5s);
  EXPECT_EQ(Backoff().next({}, 0.5, 1ms), 400ms);
}

TEST(BackoffTest, IsForgottenAfterAQuietTime) {
  Backoff backoff;
  const Backoff::Clock::time_point now{};
  backoff.next(now, 1);
  backoff.next(now, 1);
  EXPECT_EQ(backoff.next(now + Backoff::kQuiet, 1), 3200ms);
  EXPECT_EQ(backoff.next(now + 2 * Backoff::kQuiet + 1s, 1), 800ms);
  backoff.next(now, 1);
  backoff.reset();
  EXPECT_EQ(backoff.next(now, 1), 800ms);
}

}  // namespace
}  // namespace kubernetes
