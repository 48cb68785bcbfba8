#include "config/watcher.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace config {
namespace {

namespace fs = std::filesystem;

class WatcherTest : public testing::Test {
 protected:
  WatcherTest() {
    std::string pattern = fs::temp_directory_path() / "mesh-dns-watcher-XXXXXX";
    folder_ = fs::path(mkdtemp(pattern.data()));
  }
  ~WatcherTest() override { fs::remove_all(folder_); }

  // What the watcher says, names alone; inotify tells at once what this thread did.
  std::vector<std::string> changed() {
    std::vector<std::string> names;
    for (const std::string& path : watcher_.changes().paths)
      names.push_back(fs::path(path).filename());
    return names;
  }

  fs::path folder_;
  Watcher watcher_;
};

using Names = std::vector<std::string>;

TEST_F(WatcherTest, WhatIsSeen) {
  EXPECT_EQ(watcher_.watch({folder_}).added, Names{folder_});
  EXPECT_TRUE(watcher_.watch({folder_}).added.empty());
  EXPECT_EQ(changed(), Names{});
  std::ofstream(folder_ / "a.yaml") << "x";
  EXPECT_EQ(changed(), Names{"a.yaml"});
  std::ofstream(folder_ / "a.yaml", std::ios::app) << "y";
  EXPECT_EQ(changed(), Names{"a.yaml"});
  fs::rename(folder_ / "a.yaml", folder_ / "b.yaml");
  EXPECT_EQ(changed(), (Names{"a.yaml", "b.yaml"}));
  fs::permissions(folder_ / "b.yaml", fs::perms::none);
  EXPECT_EQ(changed(), Names{"b.yaml"});
  fs::remove(folder_ / "b.yaml");
  EXPECT_EQ(changed(), Names{"b.yaml"});
  fs::create_directory(folder_ / "sub");
  EXPECT_EQ(changed(), Names{"sub"});
  fs::create_symlink("sub", folder_ / "link");
  EXPECT_EQ(changed(), Names{"link"});
}

TEST_F(WatcherTest, AFileIsToldWhenItIsWrittenNotWhenItIsBegun) {
  watcher_.watch({folder_});
  std::ofstream file(folder_ / "a.yaml");
  file << "half" << std::flush;
  EXPECT_EQ(changed(), Names{});
  file.close();
  EXPECT_EQ(changed(), Names{"a.yaml"});
}

TEST_F(WatcherTest, TheDescriptorIsReadableWhenThereIsSomething) {
  watcher_.watch({folder_});
  pollfd event{watcher_.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&event, 1, 0), 0);
  std::ofstream(folder_ / "a.yaml") << "x";
  EXPECT_EQ(poll(&event, 1, 20'000), 1);
  watcher_.changes();
  EXPECT_EQ(poll(&event, 1, 0), 0);
}

TEST_F(WatcherTest, WhatIsNoLongerWatchedIsNotTold) {
  fs::create_directory(folder_ / "a");
  fs::create_directory(folder_ / "b");
  watcher_.watch({folder_ / "a"});
  watcher_.watch({folder_ / "b"});
  std::ofstream(folder_ / "a" / "x.yaml") << "x";
  std::ofstream(folder_ / "b" / "y.yaml") << "y";
  EXPECT_EQ(changed(), Names{"y.yaml"});
}

TEST_F(WatcherTest, ADirectoryThatIsMadeAgainIsANewOne) {
  fs::create_directory(folder_ / "a");
  watcher_.watch({folder_, folder_ / "a"});
  fs::remove_all(folder_ / "a");
  fs::create_directory(folder_ / "a");
  EXPECT_EQ(changed(), Names{"a"});
  EXPECT_EQ(watcher_.watch({folder_, folder_ / "a"}).added, Names{folder_ / "a"});
}

TEST_F(WatcherTest, ADirectoryThatIsNotThereIsSaid) {
  const Watched watched = watcher_.watch({folder_, folder_ / "nope"});
  ASSERT_EQ(watched.failed.size(), 1u);
  EXPECT_NE(watched.failed[0].find("nope: No such file"), std::string::npos) << watched.failed[0];
}

TEST_F(WatcherTest, WhenTheKernelsQueueOverflowsEverythingChanged) {
  watcher_.watch({folder_});
  std::size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 100'000) GTEST_SKIP() << "the queue is too long to fill";
  std::ofstream(folder_ / "0") << "x";
  for (std::size_t i = 0; i <= most; ++i) {
    fs::rename(folder_ / std::to_string(i), folder_ / std::to_string(i + 1));
  }
  EXPECT_TRUE(watcher_.changes().everything);
}

}  // namespace
}  // namespace config
