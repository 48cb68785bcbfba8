// What a service manager is told.
#include "app/systemd.h"

#include <gtest/gtest.h>

namespace app::systemd {
namespace {

using std::chrono::microseconds;

struct MessageCase {
  const char* why;
  State state;
  std::string message;
};

TEST(SystemdTest, EachStateHasItsVariable) {
  const MessageCase cases[] = {
      {"starting is no state of the protocol", State::Starting, "STATUS=3 names"},
      {"ready", State::Ready, "READY=1\nSTATUS=3 names"},
      {"a reload says when it began", State::Reloading,
       "RELOADING=1\nMONOTONIC_USEC=1500\nSTATUS=3 names"},
      {"stopping", State::Stopping, "STOPPING=1\nSTATUS=3 names"},
  };
  for (const MessageCase& c : cases) {
    EXPECT_EQ(state_message(c.state, "3 names", microseconds(1500)), c.message) << c.why;
  }
}

TEST(SystemdTest, ASignOfLifeExtendsTheStartOnly) {
  EXPECT_EQ(alive_message(State::Starting, microseconds(100)),
            "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=200");
  EXPECT_EQ(alive_message(State::Ready, microseconds(100)), "WATCHDOG=1");
}

}  // namespace
}  // namespace app::systemd
