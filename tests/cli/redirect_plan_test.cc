#include "cli/redirect_plan.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

using Texts = std::vector<std::string>;

config::Settings settings(const std::string& yaml) {
  const auto result = config::load_settings(yaml, "settings.yaml", {}, {});
  EXPECT_TRUE(result.diagnostics.empty()) << yaml;
  return result.settings;
}

constexpr const char* kBoth = "listen: [\"127.0.0.1:15053\", \"[::1]:15053\"]\n";

RedirectHost host() {
  return {.mesh_dns = {{"127.0.0.1:15053", {{812, 991, "mesh-dns"}}}}};
}

std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + '\n';
  return all;
}

std::vector<std::uint32_t> exempt(const RedirectPlan& plan) {
  std::vector<std::uint32_t> uids;
  for (const auto& user : plan.redirection.exempt_uids) uids.push_back(user.uid);
  return uids;
}

TEST(RedirectPlanTest, Targets) {
  const struct {
    const char* listen;
    const char* v4;
    const char* v6;
  } kCases[] = {
      {"", "127.0.0.1:15053", ""},
      {kBoth, "127.0.0.1:15053", "[::1]:15053"},
      {"listen: [\"[::1]:53\", 192.0.2.1:53, 127.0.0.1:53]", "192.0.2.1:53", "[::1]:53"},
      {"listen: [0.0.0.0:53, \"[::]:53\"]", "127.0.0.1:53", "[::1]:53"},
  };
  const auto text = [](const std::optional<redirect::Target>& target) {
    return target ? redirect::to_string(*target) : "";
  };
  for (const auto& row : kCases) {
    const auto listen = settings(row.listen).listen;
    EXPECT_EQ(text(target(listen, mesh::Family::V4)), row.v4) << row.listen;
    EXPECT_EQ(text(target(listen, mesh::Family::V6)), row.v6) << row.listen;
  }
}

TEST(RedirectPlanTest, WhoseQueriesAreLeftAlone) {
  RedirectHost resolver = host();
  resolver.upstreams = {{"127.0.0.1:5353", {{13, 102, "unbound"}}}};
  RedirectHost resolved = host();
  resolved.upstreams = {{"127.0.0.53:53", {{13, 990, "systemd-resolve"}}}};
  resolved.resolved_user = 990;
  RedirectHost root = host();
  root.mesh_dns[0].holders = {{812, 0, "mesh-dns"}};
  RedirectHost root_upstream = host();
  root_upstream.upstreams = {{"127.0.0.1:53", {{14, 0, "dnsmasq"}}}};
  RedirectHost stopped;
  RedirectHost stopped_with_user;
  stopped_with_user.mesh_dns_user = 991;
  using Uids = std::vector<std::uint32_t>;
  const struct {
    const char* why;
    RedirectHost host;
    Selection selection;
    Uids exempt;
    const char* error;  // a part of it
  } kCases[] = {
      {"the user of the process that listens", host(), {}, {991}, ""},
      {"the resolver that it forwards to", resolver, {}, {991, 102}, ""},
      {"each user once", resolved, {}, {991, 990}, ""},
      {"whom a person names, too", host(), {.exempt_uids = {{5, "x"}}}, {5, 991}, ""},
      {"root is not exempt by itself", root, {}, {}, "runs as root"},
      {"root, if a person says so", root, {.exempt_uids = {{0, "x"}}}, {0}, ""},
      {"root's cgroup is", root, {.exempt_cgroups = {"a"}}, {}, ""},
      {"root's queries aren't taken", root, {.uids = {1000}}, {}, ""},
      {"root's queries are taken", root, {.uids = {1000, 0}}, {}, "runs as root"},
      {"a cgroup may be root's", root, {.cgroups = {"a"}}, {}, "runs as root"},
      {"an upstream that runs as root", root_upstream, {}, {991}, "dnsmasq (pid 14)"},
      {"nobody listens", stopped, {}, {}, "--exempt-uid"},
      {"nobody listens, and there is the user", stopped_with_user, {}, {991}, ""},
      {"nobody listens, and a person says who", stopped, {.exempt_uids = {{7, "x"}}}, {7}, ""},
      {"only who is exempt", host(), {.uids = {991}}, {991}, "--uid 991"},
  };
  for (const auto& row : kCases) {
    const RedirectPlan plan = plan_nftables(settings(kBoth), row.selection, row.host);
    EXPECT_EQ(exempt(plan), row.exempt) << row.why;
    const std::string errors = joined(plan.reasons.errors);
    EXPECT_EQ(errors.empty(), std::string(row.error).empty()) << row.why << ": " << errors;
    EXPECT_NE(errors.find(row.error), std::string::npos) << row.why << ": " << errors;
    EXPECT_EQ(joined(plan.reasons.risks), "") << row.why;
  }
}

TEST(RedirectPlanTest, RisksAndWarnings) {
  const struct {
    const char* why;
    std::string yaml;
    Selection selection;
    const char* resolv_conf;
    const char* nsswitch;
    const char* risk;
    const char* warning;
  } kCases[] = {
      {"none", kBoth, {}, "nameserver 2001:db8::1\n", "hosts: files dns\n", "", ""},
      {"clients that are refused",
       "access: {allow: [192.0.2.0/24]}",
       {},
       "",
       "",
       "access.allow doesn't contain 127.0.0.1",
       ""},
      {"all nameservers are of the rejected family",
       "",
       {},
       "nameserver 2001:db8::1\n",
       "",
       "[::1]:15053",
       ""},
      {"one isn't", "", {}, "nameserver 2001:db8::1\nnameserver 192.0.2.1\n", "", "", ""},
      {"the other way round",
       "listen: [\"[::1]:15053\"]",
       {},
       "nameserver 192.0.2.1\n",
       "",
       "127.0.0.1:15053",
       ""},
      {"they are left",
       "",
       {.other_family = redirect::OtherFamily::Leave},
       "nameserver 2001:db8::1\n",
       "",
       "",
       "DNS over IPv6 goes around it"},
      {"nss-resolve",
       kBoth,
       {},
       "",
       "passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n",
       "",
       "--with resolved"},
  };
  for (const auto& row : kCases) {
    RedirectHost facts = host();
    facts.resolv_conf = row.resolv_conf;
    facts.nsswitch = row.nsswitch;
    const Reasons reasons = plan_nftables(settings(row.yaml), row.selection, facts).reasons;
    for (const auto& [texts, part] :
         {std::pair(reasons.risks, row.risk), std::pair(reasons.warnings, row.warning)}) {
      EXPECT_EQ(texts.empty(), std::string(part).empty()) << row.why << ": " << joined(texts);
      EXPECT_NE(joined(texts).find(part), std::string::npos) << row.why << ": " << joined(texts);
    }
    EXPECT_EQ(joined(reasons.errors), "") << row.why;
  }
}

host::Upstreams upstreams(const config::Settings& with, const char* resolv_conf) {
  return host::make_upstreams(with, resolv_conf, host::endpoints(with.listen), {});
}

TEST(RedirectPlanTest, AResolvConfThatWouldHelpNobody) {
  const struct {
    const char* why;
    const char* yaml;
    const char* read;  // from upstream.resolvConf
    bool resolved;
    const char* error;
  } kCases[] = {
      {"fine", "listen: 127.0.0.1:53", "nameserver 192.0.2.1\n", false, ""},
      {"servers of the settings", "listen: 127.0.0.1:53\nupstream: {servers: [192.0.2.1]}",
       "nameserver 127.0.0.1\n", false, ""},
      {"another port", "", "nameserver 192.0.2.1\n", false, "a resolv.conf has no ports"},
      {"a loop", "listen: 127.0.0.1:53", "nameserver 127.0.0.1\n", false,
       "set upstream.resolvConf"},
      {"a loop over systemd-resolved", "listen: 127.0.0.1:53", "nameserver 192.0.2.1\n", true,
       "--with resolved"},
  };
  for (const auto& row : kCases) {
    const config::Settings with = settings(row.yaml);
    const Reasons reasons =
        check_resolv_conf(with, upstreams(with, row.read), {row.resolved, ""}, "/before");
    const std::string errors = joined(reasons.errors);
    EXPECT_EQ(errors.empty(), std::string(row.error).empty()) << row.why << ": " << errors;
    EXPECT_NE(errors.find(row.error), std::string::npos) << row.why << ": " << errors;
  }
}

TEST(RedirectPlanTest, ADropInThatWouldLoop) {
  const struct {
    const char* why;
    const char* yaml;
    const char* read;
    bool used;
    Texts zones;
    const char* error;
    const char* risk;
  } kCases[] = {
      {"fine", "", "nameserver 192.0.2.1\n", true, {"mesh.local"}, "", ""},
      {"the stub is asked",
       "",
       "nameserver 127.0.0.53\n",
       true,
       {"mesh.local"},
       "/run/systemd/resolve/resolv.conf",
       ""},
      {"the stub is asked for one zone only",
       "upstream: {servers: [192.0.2.1], zones: {corp.example: [127.0.0.53]}}",
       "",
       true,
       {"mesh.local"},
       "",
       ""},
      {"no zones", "", "nameserver 192.0.2.1\n", true, {}, "no zone was found", ""},
      {"no systemd-resolved",
       "",
       "nameserver 192.0.2.1\n",
       false,
       {"mesh.local"},
       "",
       "/run/systemd/resolve"},
  };
  for (const auto& row : kCases) {
    const config::Settings with = settings(row.yaml);
    const Reasons reasons =
        check_resolved(with, upstreams(with, row.read), {row.used, ""}, row.zones);
    for (const auto& [texts, part] :
         {std::pair(reasons.errors, row.error), std::pair(reasons.risks, row.risk)}) {
      EXPECT_EQ(texts.empty(), std::string(part).empty()) << row.why << ": " << joined(texts);
      EXPECT_NE(joined(texts).find(part), std::string::npos) << row.why << ": " << joined(texts);
    }
  }
}

}  // namespace
}  // namespace cli
