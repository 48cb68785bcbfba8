#include "dns/server/tcp_limits.h"

#include <gtest/gtest.h>

#include <vector>

namespace dns {
namespace {

constexpr ClientAddress client(std::uint8_t last) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last};
}

TEST(TcpLimitsTest, WhichConnectionsAreAdmitted) {
  enum What { Admitted, OverLimit, Rejected, Released };
  struct Step {
    What what;
    std::uint8_t client;
  };
  const struct {
    const char* why;
    unsigned all;
    unsigned per_client;
    std::vector<Step> steps;
  } kCases[] = {
      {"up to the limit of all", 2, 9, {{Admitted, 1}, {Admitted, 2}, {OverLimit, 3}}},
      {"one client may have them all", 2, 9, {{Admitted, 1}, {Admitted, 1}, {OverLimit, 1}}},
      {"never more than twice as many",
       2,
       9,
       {{Admitted, 1}, {Admitted, 2}, {OverLimit, 3}, {OverLimit, 4}, {Rejected, 5}}},
      {"one that was closed makes room", 1, 9, {{Admitted, 1}, {Released, 1}, {Admitted, 2}}},
      {"over the limit until enough are closed",
       1,
       9,
       {{Admitted, 1}, {OverLimit, 2}, {Released, 1}, {OverLimit, 3}}},
      {"a client's limit is its own", 9, 1, {{Admitted, 1}, {Rejected, 1}, {Admitted, 2}}},
      {"a client's closed connection makes room for it",
       9,
       1,
       {{Admitted, 1}, {Released, 1}, {Admitted, 1}, {Rejected, 1}}},
      {"a rejected connection is not counted",
       2,
       1,
       {{Admitted, 1}, {Rejected, 1}, {Rejected, 1}, {Rejected, 1}, {Admitted, 2}}},
      {"a client at its limit cannot have others' connections closed",
       1,
       1,
       {{Admitted, 1}, {Rejected, 1}, {OverLimit, 2}}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    TcpLimits limits(c.all, c.per_client);
    for (std::size_t i = 0; i < c.steps.size(); ++i) {
      const Step& step = c.steps[i];
      if (step.what == Released) {
        limits.release(client(step.client));
        continue;
      }
      const auto expected = step.what == Admitted    ? TcpLimits::Admission::Admitted
                            : step.what == OverLimit ? TcpLimits::Admission::OverLimit
                                                     : TcpLimits::Admission::Rejected;
      EXPECT_EQ(limits.admit(client(step.client)), expected) << "step " << i;
    }
  }
}

}  // namespace
}  // namespace dns
