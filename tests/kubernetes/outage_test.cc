#include "kubernetes/outage.h"

#include <gtest/gtest.h>

namespace kubernetes {
namespace {

using namespace std::chrono_literals;

const Outage::Clock::time_point kStart{};

TEST(OutageTest, EachReasonIsReportedOnceAndSoIsTheEnd) {
  const struct {
    const char* collection;
    const char* problem;
    const char* reported;
  } kSteps[] = {
      {"/pods", "", ""},  // nothing was wrong
      {"/pods", "refused", "refused"},
      {"/pods", "refused", ""},
      {"/services", "refused", ""},
      {"/services", "status 403", "status 403"},
      {"/services", "refused", ""},
      {"/pods", "", ""},  // the other still fails
      {"/services", "", "the API server is followed again"},
      {"/services", "refused", "refused"},
  };
  Outage outage;
  for (const auto& step : kSteps) {
    const auto event = outage.set(step.collection, step.problem, kStart);
    EXPECT_EQ(event ? event->text : "", step.reported) << step.collection << ' ' << step.problem;
    EXPECT_EQ(event && event->bad, event && *step.problem != '\0') << step.collection;
  }
}

TEST(OutageTest, ItBeginsWithTheFirstFailureAndEndsWithTheLast) {
  Outage outage;
  outage.set("/pods", "refused", kStart + 1s);
  outage.set("/services", "status 403", kStart + 2s);
  outage.set("/pods", "", kStart + 3s);
  EXPECT_EQ(outage.since(), kStart + 1s);
  EXPECT_EQ(outage.problem(), "status 403");
  outage.set("/services", "", kStart + 4s);
  EXPECT_EQ(outage.since(), std::nullopt);
  EXPECT_EQ(outage.problem(), "");
}

}  // namespace
}  // namespace kubernetes
