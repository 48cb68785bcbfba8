#include "redirect/nft.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace redirect {
namespace {

TEST(NftTest, Versions) {
  const struct {
    const char* text;
    std::optional<NftVersion> version;
  } kCases[] = {{"nftables v1.0.6 (Lester Gooch #5)\n", NftVersion{1, 0, 6}},
                {"nftables v0.9.8 (E.D.S.)\n", NftVersion{0, 9, 8}},
                {"nftables v1.1 (x)\n", NftVersion{1, 1, 0}},
                {"nftables v1.0.6.1 (x)\n", NftVersion{1, 0, 6}},
                {"nftables\n", std::nullopt},
                {"nftables version\n", std::nullopt},
                {"", std::nullopt}};
  for (const auto& row : kCases) EXPECT_EQ(parse_nft_version(row.text), row.version) << row.text;
  EXPECT_LT((NftVersion{0, 9, 8}), kOldestNftForCgroups);
  EXPECT_GT((NftVersion{1, 0, 6}), kOldestNftForCgroups);
}

TEST(NftTest, ARefusalIsExplained) {
  const struct {
    const char* says;
    const char* remedy;
  } kCases[] = {
      {"/dev/stdin:2:26-31: Error: cgroupv2 path fails: No such file or directory\n",
       "systemd-cgls"},
      {"Error: Could not process rule: Operation not permitted\n", "CAP_NET_ADMIN"},
      {"Error: Could not process rule: No such file or directory\n", "modprobe nft_chain_nat"},
      {"netlink: Error: cache initialization failed: Protocol not supported\n", "modprobe"},
      {"Error: syntax error, unexpected goto\nmore\n", "Error: syntax error, unexpected goto"},
  };
  for (const auto& row : kCases) {
    const std::string text = explain_refusal(row.says);
    EXPECT_NE(text.find(row.remedy), std::string::npos) << text;
    EXPECT_NE(text.find("none was changed"), std::string::npos) << text;
  }
}

// A program nft that does what a script of the shell says, alone in $PATH but for the shell's own.
class FakeNft : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "mesh-dns-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    setenv("PATH", (folder_.string() + ":/usr/bin:/bin").c_str(), 1);
  }
  void TearDown() override {
    setenv("PATH", before_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

  void fake(const std::string& script) {
    const std::filesystem::path program = folder_ / "nft";
    std::ofstream(program) << "#!/bin/sh\n" << script << '\n';
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  // What `action` throws; "" for nothing.
  template <typename Action>
  static std::string thrown(Action action) {
    try {
      action();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  const std::string before_ = std::getenv("PATH");
  std::filesystem::path folder_;
};

TEST_F(FakeNft, WhatIsTooOldForWhat) {
  const Redirection by_user = {.uids = {1000}};
  const Redirection by_cgroup = {.cgroups = {"app.slice"}};
  const Redirection exempt_cgroup = {.exempt_cgroups = {"app.slice"}};
  const struct {
    const char* why;
    const char* says;
    const Redirection& redirection;
    const char* error;
  } kCases[] = {
      {"new enough", "nftables v1.0.6 (x)", by_cgroup, ""},
      {"the oldest", "nftables v0.9.1 (x)", by_user, ""},
      {"older", "nftables v0.9.0 (x)", by_user, "found 0.9.0, expected at least 0.9.1"},
      {"the oldest for cgroups", "nftables v0.9.9 (x)", by_cgroup, ""},
      {"too old for cgroups", "nftables v0.9.8 (x)", by_cgroup, "select by --uid instead"},
      {"also for exempt ones", "nftables v0.9.8 (x)", exempt_cgroup, "select by --uid instead"},
      {"no version", "hello", by_user, "found \"hello\n\", expected at least 0.9.1"},
  };
  for (const auto& row : kCases) {
    fake("echo '" + std::string(row.says) + "'");
    EXPECT_TRUE(has_nft()) << row.why;
    const std::string error = thrown([&] { require_nft(row.redirection); });
    EXPECT_NE(error.find(row.error), std::string::npos) << row.why << ": " << error;
    EXPECT_EQ(error.empty(), *row.error == '\0') << row.why << ": " << error;
  }
}

TEST_F(FakeNft, OurTableAsTheKernelHasIt) {
  fake("test \"$*\" = 'list table inet mesh_dns' && echo 'table inet mesh_dns {}'");
  EXPECT_EQ(installed(), "table inet mesh_dns {}\n");
  fake("echo 'Error: No such file or directory' >&2; exit 1");
  EXPECT_EQ(installed(), std::nullopt);
  fake("echo 'Error: Operation not permitted' >&2; exit 1");
  EXPECT_NE(thrown([] { installed(); }).find("CAP_NET_ADMIN"), std::string::npos);
}

TEST_F(FakeNft, RulesAreAppliedAsTheyAre) {
  const std::filesystem::path given = folder_ / "given";
  fake("test \"$*\" = '-f -' && cat > " + given.string());
  apply("table inet mesh_dns\n");
  std::ifstream file(given);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "table inet mesh_dns\n");
  fake("cat > /dev/null; echo 'Error: syntax error' >&2; exit 1");
  EXPECT_NE(thrown([] { apply("x"); }).find("none was changed: Error: syntax error"),
            std::string::npos);
}

}  // namespace
}  // namespace redirect
