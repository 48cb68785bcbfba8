#include "kubernetes/status_queue.h"

#include <gtest/gtest.h>

namespace kubernetes {
namespace {

using namespace std::chrono_literals;
using Outcome = StatusQueue::Outcome;

const StatusQueue::Clock::time_point kStart{};

StatusWrite write(const std::string& name, const std::string& status = "{}") {
  return {{CustomKind::MeshService, {"ns", name}}, "u", true, status};
}

class StatusQueueTest : public testing::Test {
 protected:
  // The name of the resource that is written next, "" for none.
  std::string next(std::chrono::seconds at) {
    const auto next = queue_.next(kStart + at);
    return next ? next->id.key.name : "";
  }
  void done(const StatusWrite& write, Outcome outcome, std::chrono::seconds at) {
    queue_.done(write, outcome, kStart + at);
  }

  StatusQueue queue_;
};

TEST_F(StatusQueueTest, WhatIsWantedFirstIsWrittenFirst) {
  for (const char* name : {"b", "a", "c"}) queue_.want(write(name));
  queue_.want(write("b", "{\"later\":1}"));
  for (const char* name : {"b", "a", "c"}) {
    ASSERT_EQ(next(0s), name);
    done(*queue_.next(kStart), Outcome::Written, 0s);
  }
  EXPECT_EQ(next(0s), "");
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(StatusQueueTest, WhatIsDroppedIsNotWritten) {
  queue_.want(write("a"));
  queue_.want(write("b"));
  queue_.drop(write("a").id);
  queue_.drop(write("unheard-of").id);
  EXPECT_EQ(next(0s), "b");
}

TEST_F(StatusQueueTest, WhatAnotherWriterChangesBackRests) {
  queue_.want(write("a"));
  done(write("a"), Outcome::Written, 0s);
  queue_.want(write("a"));
  EXPECT_EQ(next(29s), "");
  EXPECT_EQ(queue_.next_turn(), kStart + StatusQueue::kRest);
  EXPECT_EQ(next(30s), "a");
}

TEST_F(StatusQueueTest, WhatIsNewDoesNotRest) {
  const StatusWrite other_uid{write("a").id, "v", true, "{}"};
  const StatusWrite no_subresource{write("a").id, "u", false, "{}"};
  for (const StatusWrite& changed : {write("a", "{\"new\":1}"), other_uid, no_subresource}) {
    queue_.want(write("a"));
    done(write("a"), Outcome::Written, 0s);
    queue_.want(changed);
    EXPECT_EQ(queue_.next(kStart), changed);
    done(changed, Outcome::Written, 0s);
  }
}

TEST_F(StatusQueueTest, WhatFailedIsTriedAgainAfterTheOthers) {
  queue_.want(write("a"));
  queue_.want(write("b"));
  done(write("a"), Outcome::Failed, 0s);
  EXPECT_EQ(next(9s), "b");
  done(write("b"), Outcome::Failed, 9s);
  EXPECT_EQ(next(9s), "");
  EXPECT_EQ(next(10s), "a");
  queue_.want(write("c"));
  EXPECT_EQ(next(19s), "a");
  done(write("a"), Outcome::Failed, 19s);
  EXPECT_EQ(next(19s), "c");
  done(write("c"), Outcome::Written, 19s);
  EXPECT_EQ(next(19s), "b");
}

TEST_F(StatusQueueTest, WhatIsWantedDuringAWriteIsWrittenNext) {
  queue_.want(write("a"));
  const StatusWrite first = *queue_.next(kStart);
  queue_.want(write("a", "{\"new\":1}"));
  done(first, Outcome::Written, 1s);
  EXPECT_EQ(queue_.next(kStart + 1s), write("a", "{\"new\":1}"));
}

TEST_F(StatusQueueTest, WhatIsDroppedWhileItRestsIsForgotten) {
  queue_.want(write("a"));
  done(write("a"), Outcome::Failed, 0s);
  queue_.drop(write("a").id);
  EXPECT_EQ(next(10s), "");
  EXPECT_EQ(queue_.next_turn(), std::nullopt);
}

}  // namespace
}  // namespace kubernetes
