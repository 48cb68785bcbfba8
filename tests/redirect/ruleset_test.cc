#include "redirect/ruleset.h"

#include <gtest/gtest.h>

#include <sstream>

namespace redirect {
namespace {

const Target kV4 = {*mesh::Ip::parse("127.0.0.1"), 15053};
const Target kV6 = {*mesh::Ip::parse("::1"), 15053};

// The rules of a chain, one a line and without indentation; "" if there is no such chain.
std::string chain(const Redirection& redirection, const std::string& name) {
  std::istringstream lines(ruleset(redirection));
  std::string rules;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line == "}") inside = false;
    if (inside) rules += line + '\n';
    if (line == "chain " + name + " {") inside = true;
  }
  return rules;
}

TEST(RulesetTest, OneTransactionThatReplacesOurTableOnly) {
  const std::string text = ruleset({.v4 = kV4, .exempt_uids = {{991, "mesh-dns"}}});
  EXPECT_NE(text.find("\ntable inet mesh_dns\ndelete table inet mesh_dns\ntable inet mesh_dns {\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("flush"), std::string::npos);
  EXPECT_EQ(removal(), "table inet mesh_dns\ndelete table inet mesh_dns\n");
}

TEST(RulesetTest, BothFamilies) {
  const Redirection both = {.v4 = kV4, .v6 = kV6};
  EXPECT_EQ(chain(both, "output"),
            "type nat hook output priority -110; policy accept;\n"
            "meta nfproto ipv4 meta l4proto { tcp, udp } th dport 53 goto clients\n"
            "meta nfproto ipv6 meta l4proto { tcp, udp } th dport 53 goto clients\n");
  EXPECT_EQ(chain(both, "to_mesh_dns"),
            "meta l4proto { tcp, udp } dnat ip to 127.0.0.1:15053\n"
            "meta l4proto { tcp, udp } dnat ip6 to [::1]:15053\n");
  EXPECT_EQ(chain(both, "postrouting"),
            "type nat hook postrouting priority 90; policy accept;\n"
            "ip daddr 127.0.0.1 udp dport 15053 ct status dnat ct original proto-dst 53 "
            "snat ip to 127.0.0.1 fully-random\n"
            "ip daddr 127.0.0.1 tcp dport 15053 ct status dnat ct original proto-dst 53 "
            "snat ip to 127.0.0.1 fully-random\n"
            "ip6 daddr ::1 udp dport 15053 ct status dnat ct original proto-dst 53 "
            "snat ip6 to ::1 fully-random\n"
            "ip6 daddr ::1 tcp dport 15053 ct status dnat ct original proto-dst 53 "
            "snat ip6 to ::1 fully-random\n");
  EXPECT_EQ(chain(both, "other_family"), "");
}

TEST(RulesetTest, WhoseQueries) {
  const struct {
    const char* why;
    Redirection redirection;
    const char* clients;
  } kCases[] = {
      {"everybody's", {}, "goto to_mesh_dns\n"},
      {"but not those of mesh-dns",
       {.exempt_uids = {{991, "mesh-dns"}, {990, "systemd-resolved"}}},
       "meta skuid 991 return comment \"mesh-dns\"\n"
       "meta skuid 990 return comment \"systemd-resolved\"\n"
       "goto to_mesh_dns\n"},
      {"of one user or another",
       {.uids = {1000, 1001}},
       "meta skuid 1000 goto to_mesh_dns\nmeta skuid 1001 goto to_mesh_dns\n"},
      {"of a cgroup, at the level of its path",
       {.cgroups = {"apps.slice", "system.slice/app.service"}},
       "socket cgroupv2 level 1 \"apps.slice\" goto to_mesh_dns\n"
       "socket cgroupv2 level 2 \"system.slice/app.service\" goto to_mesh_dns\n"},
      {"who is exempt is so before anything else",
       {.uids = {1000}, .exempt_uids = {{1000, "x"}}, .exempt_cgroups = {"a"}},
       "meta skuid 1000 return comment \"x\"\n"
       "socket cgroupv2 level 1 \"a\" return\n"
       "meta skuid 1000 goto to_mesh_dns\n"},
      {"a comment can't end its string",
       {.exempt_uids = {{1, "a\" ; drop\n\\"}}},
       "meta skuid 1 return comment \"a? ; drop??\"\ngoto to_mesh_dns\n"},
  };
  for (auto row : kCases) {
    row.redirection.v4 = kV4;
    row.redirection.v6 = kV6;
    EXPECT_EQ(chain(row.redirection, "clients"), row.clients) << row.why;
  }
}

TEST(RulesetTest, AFamilyWithoutAddressIsRejectedOrLeft) {
  Redirection only_v4 = {.v4 = kV4, .uids = {1000}, .exempt_uids = {{991, "mesh-dns"}}};
  EXPECT_EQ(chain(only_v4, "other_family"),
            "type filter hook output priority 0; policy accept;\n"
            "meta nfproto ipv6 meta l4proto { tcp, udp } th dport 53 goto other_clients\n");
  EXPECT_EQ(chain(only_v4, "other_clients"),
            "meta skuid 991 return comment \"mesh-dns\"\n"
            "meta skuid 1000 goto reject_queries\n");
  EXPECT_EQ(chain(only_v4, "reject_queries"),
            "meta l4proto tcp reject with tcp reset\nreject with icmpx port-unreachable\n");
  EXPECT_EQ(ruleset(only_v4).find("ip6"), std::string::npos);
  only_v4.other_family = OtherFamily::Leave;
  EXPECT_EQ(chain(only_v4, "other_family"), "");
  EXPECT_NE(chain({.v6 = kV6}, "other_family").find("nfproto ipv4"), std::string::npos);
}

TEST(RulesetTest, CgroupPaths) {
  const struct {
    const char* text;
    std::optional<std::string> path;
  } kCases[] = {{"a", "a"},
                {"/system.slice/app.service/", "system.slice/app.service"},
                {"/sys/fs/cgroup/a//b", "a/b"},
                {"./a", "a"},
                {"user.slice/user@1000.service", "user.slice/user@1000.service"},
                {"", std::nullopt},
                {"/", std::nullopt},
                {"/sys/fs/cgroup/", std::nullopt},
                {"a/../b", std::nullopt},
                {"a\"b", std::nullopt},
                {"a\nb", std::nullopt}};
  for (const auto& row : kCases) EXPECT_EQ(cgroup_path(row.text), row.path) << row.text;
}

}  // namespace
}  // namespace redirect
