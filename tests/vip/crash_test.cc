// kill -9 at random points of 200 rounds of allocation: no VIP that was ever served is lost, moved
// or given twice.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>

#include "vip/ledger.h"
#include "vip/sqlite_store.h"

namespace vip {
namespace {

namespace fs = std::filesystem;

struct Child {
  pid_t pid = -1;
  int out = -1;
};

Child start(const std::string& file, unsigned seed) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const std::string number = std::to_string(seed);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(MESH_DNS_CRASH_CHILD, MESH_DNS_CRASH_CHILD, file.c_str(), number.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  return {pid, ends[0]};
}

// What it said until it was killed, `moment` microseconds after its first word. Reading goes on
// meanwhile, so that the pipe never holds it back.
std::string kill_after(const Child& child, int moment) {
  std::string said;
  char buffer[1 << 16];
  bool killed = false;
  timespec deadline{};
  for (;;) {
    pollfd event{child.out, POLLIN, 0};
    timespec patience{20, 0};
    if (!said.empty() && !killed) {
      timespec now{};
      clock_gettime(CLOCK_MONOTONIC, &now);
      if (deadline.tv_sec == 0) {
        deadline = now;
        deadline.tv_nsec += moment * 1000L;
        deadline.tv_sec += deadline.tv_nsec / 1'000'000'000;
        deadline.tv_nsec %= 1'000'000'000;
      }
      const long left =
          (deadline.tv_sec - now.tv_sec) * 1'000'000'000 + deadline.tv_nsec - now.tv_nsec;
      if (left <= 0) {
        kill(child.pid, SIGKILL);
        killed = true;
      } else {
        patience = {left / 1'000'000'000, left % 1'000'000'000};
      }
    }
    const int ready = ppoll(&event, 1, &patience, nullptr);
    if (ready == 0 && said.empty()) break;  // it never said anything
    if (ready <= 0) continue;
    const ssize_t size = read(child.out, buffer, sizeof buffer);
    if (size <= 0) break;
    said.append(buffer, static_cast<std::size_t>(size));
  }
  kill(child.pid, SIGKILL);
  close(child.out);
  waitpid(child.pid, nullptr, 0);
  return said;
}

TEST(CrashTest, KillsLoseMoveAndDoubleNothing) {
  std::string pattern = fs::temp_directory_path() / "mesh-dns-crash-XXXXXX";
  const fs::path folder = mkdtemp(pattern.data());
  const std::string file = folder / "state.db";
  std::mt19937 random(20);
  std::map<std::string, std::string> given;  // of every service: the VIP it was served with
  std::size_t rounds = 0;
  for (unsigned kill = 0; kill < 200; ++kill) {
    const std::string said = kill_after(start(file, kill), static_cast<int>(random() % 4000));
    ASSERT_FALSE(said.empty());
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      if (line == "=") {
        ++rounds;
        continue;
      }
      const auto blank = line.find(' ');
      const auto [known, added] = given.emplace(line.substr(0, blank), line.substr(blank + 1));
      ASSERT_EQ(known->second, line.substr(blank + 1)) << known->first << " moved";
    }
    // No address twice is what Ledger and the primary key see to; that none is lost, this.
    const auto opened = state::File::open(file, state::Open::ReadWrite);
    const Ledger ledger = SqliteStore(*opened).load();
    for (const auto& [name, ip] : given) {
      const auto lease = ledger.find(*mesh::Ip::parse(ip));
      ASSERT_TRUE(lease) << ip << " is lost";
      ASSERT_EQ(lease->service.name, name) << ip << " went to another";
    }
  }
  std::set<std::string> distinct;
  for (const auto& [name, ip] : given) distinct.insert(ip);
  EXPECT_EQ(distinct.size(), given.size());
  EXPECT_GE(rounds, 200u);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace vip
