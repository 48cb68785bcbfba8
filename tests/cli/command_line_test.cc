#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cli {
namespace {

std::variant<CommandLine, int> parsed(std::vector<const char*> arguments,
                                      std::string* said = nullptr) {
  arguments.insert(arguments.begin(), "mesh-dns");
  std::ostringstream out;
  std::ostringstream err;
  auto result = parse_command_line(static_cast<int>(arguments.size()), arguments.data(), out, err);
  if (said != nullptr) *said = out.str() + err.str();
  return result;
}

std::string overrides(const CommandLine& line) {
  std::string text;
  for (const auto& from : line.overrides) {
    text += from.source + '>' + from.path + '=';
    for (const std::string& value : from.values) text += value + ',';
    text += ' ';
  }
  return text;
}

TEST(CommandLineTest, Commands) {
  const auto serve = std::get<CommandLine>(
      parsed({"serve", "--resources", "a", "--resources", "b", "--listen", "127.0.0.1:53",
              "--state", "s.db", "--zone", "west", "--reset-state", "--config", "c.yaml"}));
  EXPECT_EQ(serve.command, Command::Serve);
  EXPECT_EQ(serve.config, "c.yaml");
  EXPECT_TRUE(serve.reset_state);
  EXPECT_FALSE(serve.renumber);
  const std::string text = overrides(serve);
  for (const char* part : {"--resources>resources=a,b,", "--listen>listen=127.0.0.1:53,",
                           "--state>state=s.db,", "--zone>zone=west,"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  const auto explain = std::get<CommandLine>(parsed({"explain", "redis.mesh", "dir", "-"}));
  EXPECT_EQ(explain.what, "redis.mesh");
  EXPECT_EQ(explain.paths, (std::vector<std::string>{"dir", "-"}));
  EXPECT_EQ(std::get<CommandLine>(parsed({"render", "-o", "zone", "dir"})).output, "zone");
  const auto schema = std::get<CommandLine>(parsed({"schema", "settings"}));
  EXPECT_EQ(schema.command, Command::Schema);
  EXPECT_EQ(schema.what, "settings");
  EXPECT_TRUE(std::get<CommandLine>(parsed({"plan", "--renumber", "dir"})).renumber);
}

TEST(CommandLineTest, Redirect) {
  const auto install = std::get<CommandLine>(
      parsed({"redirect", "install", "--with", "resolved", "--uid", "1000", "--uid", "web",
              "--force", "--exempt-uid", "root", "--cgroup", "a/b", "--listen", "127.0.0.1:53",
              "--config", "c.yaml", "dir"}));
  EXPECT_EQ(install.command, Command::Redirect);
  EXPECT_EQ(install.redirect.action, RedirectAction::Install);
  EXPECT_EQ(install.redirect.with, "resolved");
  EXPECT_EQ(install.redirect.uids, (std::vector<std::string>{"1000", "web"}));
  EXPECT_EQ(install.redirect.cgroups, std::vector<std::string>{"a/b"});
  EXPECT_EQ(install.redirect.exempt_uids, std::vector<std::string>{"root"});
  EXPECT_TRUE(install.redirect.force);
  EXPECT_FALSE(install.redirect.dry_run);
  EXPECT_EQ(install.config, "c.yaml");
  EXPECT_EQ(install.paths, std::vector<std::string>{"dir"});
  EXPECT_EQ(overrides(install), "--listen>listen=127.0.0.1:53, ");
  const auto plain = std::get<CommandLine>(parsed({"redirect", "install"}));
  EXPECT_EQ(plain.redirect.with, "nftables");
  EXPECT_EQ(plain.redirect.other_family, "reject");
  const auto remove = std::get<CommandLine>(parsed({"redirect", "remove"}));
  EXPECT_EQ(remove.redirect.action, RedirectAction::Remove);
  EXPECT_EQ(std::get<CommandLine>(parsed({"redirect", "show"})).redirect.action,
            RedirectAction::Show);
}

TEST(CommandLineTest, WhatEndsTheProgram) {
  const struct {
    std::vector<const char*> arguments;
    int status;
    const char* said;
  } kCases[] = {
      {{"--help"}, 0, "serve"},
      {{"--version"}, 0, "mesh-dns "},
      {{"serve", "--help"}, 0, "--listen"},
      {{}, kExitUsage, "--help"},
      {{"nope"}, kExitUsage, "nope"},
      {{"validate"}, kExitUsage, "PATH"},
      {{"schema", "--help"}, 0, "MeshExternalService"},
      {{"schema", "MeshTimeout"}, kExitUsage, "settings"},
      {{"schema", "settings", "--zone", "a"}, kExitUsage, "--zone"},
      {{"explain", "x"}, kExitUsage, "PATH"},
      {{"render", "-o", "xml", "dir"}, kExitUsage, "xml"},
      {{"serve", "--zone", "a", "--zone", "b"}, kExitUsage, "--zone"},
      {{"serve", "--nope"}, kExitUsage, "--nope"},
      {{"redirect", "--help"}, 0, "install"},
      {{"redirect", "install", "--help"}, 0, "--exempt-uid"},
      {{"redirect"}, kExitUsage, "subcommand"},
      {{"redirect", "install", "--with", "iptables"}, kExitUsage, "iptables"},
  };
  for (const auto& row : kCases) {
    std::string said;
    const auto result = parsed(row.arguments, &said);
    ASSERT_TRUE(std::holds_alternative<int>(result)) << row.said;
    EXPECT_EQ(std::get<int>(result), row.status) << row.said;
    EXPECT_NE(said.find(row.said), std::string::npos) << said;
    EXPECT_TRUE(row.status == 0 || said.starts_with("mesh-dns: ")) << said;
  }
}

}  // namespace
}  // namespace cli
