#include "dns/resolver/in_flight_limits.h"

#include <gtest/gtest.h>

#include <vector>

namespace dns {
namespace {

constexpr ClientAddress v4(std::uint8_t a, std::uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, 0, 2, d};
}
constexpr ClientAddress kOne = v4(192, 1);
constexpr ClientAddress kTwo = v4(192, 2);
constexpr ClientAddress kHere = v4(127, 1);
constexpr ClientAddress kHereToo = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr ClientAddress kNearlyHere = {0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

TEST(InFlightLimitsTest, WhichQueriesAreAdmitted) {
  struct Step {
    enum { Admitted, Rejected, Released } what;
    ClientAddress client;
  };
  const struct {
    const char* why;
    unsigned all;
    unsigned per_client;
    std::vector<Step> steps;
  } kCases[] = {
      {"the limit of all",
       2,
       9,
       {{Step::Admitted, kOne}, {Step::Admitted, kTwo}, {Step::Rejected, kHere}}},
      {"a released query makes room",
       1,
       9,
       {{Step::Admitted, kOne},
        {Step::Rejected, kTwo},
        {Step::Released, kOne},
        {Step::Admitted, kTwo}}},
      {"the limit of a client is its own",
       9,
       1,
       {{Step::Admitted, kOne}, {Step::Rejected, kOne}, {Step::Admitted, kTwo}}},
      {"a released query makes room for its client",
       9,
       1,
       {{Step::Admitted, kOne},
        {Step::Released, kOne},
        {Step::Admitted, kOne},
        {Step::Rejected, kOne}}},
      {"clients on this host have none",
       9,
       1,
       {{Step::Admitted, kHere},
        {Step::Admitted, kHere},
        {Step::Admitted, kHereToo},
        {Step::Admitted, kHereToo}}},
      {"but the limit of all",
       2,
       1,
       {{Step::Admitted, kHere}, {Step::Admitted, kHere}, {Step::Rejected, kHere}}},
      {"an address that ends in 1 is not this host",
       9,
       1,
       {{Step::Admitted, kNearlyHere}, {Step::Rejected, kNearlyHere}}},
      {"a rejected query is not counted",
       2,
       1,
       {{Step::Admitted, kOne},
        {Step::Rejected, kOne},
        {Step::Rejected, kOne},
        {Step::Admitted, kTwo}}},
      {"nothing is admitted at 0", 0, 9, {{Step::Rejected, kHere}}},
      {"nor of other hosts", 9, 0, {{Step::Rejected, kOne}, {Step::Admitted, kHere}}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    InFlightLimits limits(c.all, c.per_client);
    for (std::size_t i = 0; i < c.steps.size(); ++i) {
      const Step& step = c.steps[i];
      if (step.what == Step::Released) {
        limits.release(step.client);
      } else {
        EXPECT_EQ(limits.admit(step.client), step.what == Step::Admitted) << "step " << i;
      }
    }
  }
}

}  // namespace
}  // namespace dns
