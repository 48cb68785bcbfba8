#include "redirect/resolv_conf.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace redirect {
namespace {

namespace fs = std::filesystem;

const std::vector<mesh::Ip> kUs = {mesh::Ip::v4(0x7f000001)};
constexpr const char* kTheirs = "nameserver 192.0.2.53\nsearch example.org\n";

TEST(ResolvConfTest, OnlyTheNameserversAreOthers) {
  const struct {
    const char* why;
    const char* before;
    const char* after;
  } kCases[] = {
      {"search and options stay",
       "# by dhclient\nsearch a.example b.example\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"
       "options ndots:2 edns0\n",
       "nameserver 127.0.0.1\nsearch a.example b.example\noptions ndots:2 edns0\n"},
      {"nothing to keep", "", "nameserver 127.0.0.1\n"},
      {"no newline at the end", "domain a.example", "nameserver 127.0.0.1\ndomain a.example\n"},
      {"blanks before a keyword", "  nameserver 192.0.2.1\n\toptions rotate\n",
       "nameserver 127.0.0.1\n\toptions rotate\n"},
  };
  for (const auto& row : kCases) {
    const std::string made = with_nameservers(row.before, kUs);
    EXPECT_TRUE(is_ours(made)) << row.why;
    EXPECT_EQ(made.substr(made.find('\n') + 1), row.after) << row.why;
  }
  EXPECT_FALSE(is_ours("nameserver 127.0.0.1\n"));
}

class ResolvConfFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mesh-dns-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    paths_ = {folder_ / "resolv.conf", folder_ / "before"};
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  void install_ours() { install(paths_, with_nameservers(original(paths_), kUs)); }
  // Nothing is left that wasn't there.
  void expect_files(std::size_t count) const {
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), static_cast<long>(count));
  }

  fs::path folder_;
  ResolvConfPaths paths_;
};

TEST_F(ResolvConfFiles, AFileComesBackAsItWas) {
  write(paths_.file, kTheirs);
  fs::permissions(paths_.file, fs::perms::owner_read | fs::perms::others_read);
  const auto permissions = fs::status(paths_.file).permissions();
  for (int i = 0; i < 2; ++i) {
    install_ours();
    EXPECT_TRUE(is_ours(read(paths_.file)));
    EXPECT_NE(read(paths_.file).find("search example.org"), std::string::npos);
    EXPECT_EQ(read(paths_.before), kTheirs) << "for upstream.resolvConf";
    expect_files(2);
  }
  EXPECT_EQ(restore(paths_), Restored::Back);
  EXPECT_EQ(read(paths_.file), kTheirs);
  EXPECT_EQ(fs::status(paths_.file).permissions(), permissions);
  expect_files(1);
  EXPECT_EQ(restore(paths_), Restored::Nothing);
}

TEST_F(ResolvConfFiles, ALinkStaysALinkAndIsFollowed) {
  write(folder_ / "managed", kTheirs);
  fs::create_symlink("managed", paths_.file);
  install_ours();
  EXPECT_FALSE(fs::is_symlink(paths_.file)) << "its owner's file isn't written";
  write(folder_ / "managed", "nameserver 192.0.2.99\n");
  EXPECT_EQ(read(paths_.before), "nameserver 192.0.2.99\n");
  EXPECT_EQ(restore(paths_), Restored::Back);
  EXPECT_EQ(fs::read_symlink(paths_.file), "managed");
  expect_files(2);
}

TEST_F(ResolvConfFiles, WhatSomebodyElseWroteSinceStays) {
  write(paths_.file, kTheirs);
  install_ours();
  fs::remove(paths_.file);
  write(paths_.file, "nameserver 192.0.2.7\n");
  const auto again = [&] { return read(paths_.before); };
  EXPECT_EQ(again(), kTheirs);
  install_ours();
  EXPECT_EQ(again(), "nameserver 192.0.2.7\n") << "the newer one is kept";
  write(paths_.file, "nameserver 192.0.2.8\n");
  EXPECT_EQ(restore(paths_), Restored::NotOursAnyMore);
  EXPECT_EQ(read(paths_.file), "nameserver 192.0.2.8\n");
  expect_files(1);
}

TEST_F(ResolvConfFiles, NoneAtAll) {
  install_ours();
  EXPECT_TRUE(is_ours(read(paths_.file)));
  EXPECT_EQ(restore(paths_), Restored::Back);
  EXPECT_EQ(read(paths_.file), "");
}

TEST_F(ResolvConfFiles, WhatCanNotBeWrittenIsNamed) {
  write(folder_ / "file", "");
  const std::string below_a_file = folder_ / "file" / "resolv.conf";
  try {
    install({below_a_file, below_a_file + ".before"}, "nameserver 127.0.0.1\n");
    FAIL() << "no error";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(below_a_file), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("Not a directory"), std::string::npos) << error.what();
  }
}

TEST_F(ResolvConfFiles, AnInterruptedInstallationIsTakenUpAgain) {
  write(paths_.file, kTheirs);
  write(paths_.before, "nameserver 192.0.2.7\n");  // left by one that ended before it was done
  write(paths_.file + ".mesh-dns-new", "cut");
  install_ours();
  EXPECT_EQ(read(paths_.before), kTheirs);
  EXPECT_EQ(restore(paths_), Restored::Back);
  EXPECT_EQ(read(paths_.file), kTheirs);
  expect_files(1);
}

}  // namespace
}  // namespace redirect
