#include "redirect/nft.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace redirect
