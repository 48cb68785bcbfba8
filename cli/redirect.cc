#include "cli/redirect.h"

#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "cli/probe.h"
#include "cli/redirect_files.h"
#include "cli/redirect_plan.h"
#include "host/host.h"
#include "host/upstreams.h"
#include "redirect/nft.h"
#include "redirect/resolved.h"
#include "redirect/ruleset.h"

namespace cli {
namespace {

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::uint32_t> uid_of(const std::string& user) {
  std::uint32_t uid = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), uid);
  if (error == std::errc() && end == user.data() + user.size()) return uid;
  const passwd* entry = getpwnam(user.c_str());
  return entry == nullptr ? std::nullopt : std::optional<std::uint32_t>(entry->pw_uid);
}

std::uint32_t require_uid(const std::string& flag, const std::string& user) {
  if (const auto uid = uid_of(user)) return *uid;
  throw std::runtime_error(flag + ": there is no user \"" + user +
                           "\" (`getent passwd` lists them; a number is taken as it is)");
}

std::vector<std::string> require_cgroups(const std::string& flag,
                                         const std::vector<std::string>& texts) {
  std::vector<std::string> paths;
  for (const std::string& text : texts) {
    const auto path = redirect::cgroup_path(text);
    if (!path) {
      throw std::runtime_error(flag +
                               ": expected the path of a cgroup below /sys/fs/cgroup, as "
                               "system.slice/app.service, found \"" +
                               text + '"');
    }
    paths.push_back(*path);
  }
  return paths;
}

Selection selection(const RedirectOptions& options) {
  Selection selection;
  for (const std::string& user : options.uids) {
    selection.uids.push_back(require_uid("--uid", user));
  }
  for (const std::string& user : options.exempt_uids) {
    selection.exempt_uids.push_back({require_uid("--exempt-uid", user), "--exempt-uid " + user});
  }
  selection.cgroups = require_cgroups("--cgroup", options.cgroups);
  selection.exempt_cgroups = require_cgroups("--exempt-cgroup", options.exempt_cgroups);
  if (options.other_family == "leave") selection.other_family = redirect::OtherFamily::Leave;
  return selection;
}

bool is_local(const mesh::Ip& ip) {
  const bool loopback = ip.is_v4() ? ip.bytes()[0] == 127 : ip == mesh::Ip::parse("::1");
  const auto own = host::host_addresses();
  return loopback || std::ranges::count(own, ip) != 0;
}

LocalServer local_server(const mesh::Ip& address, std::uint16_t port) {
  return {redirect::to_string(redirect::Target{address, port}), redirect::holders(address, port)};
}

RedirectHost redirect_host(const config::Settings& settings, const host::Upstreams& upstreams) {
  RedirectHost host;
  for (const redirect::Target& target : targets(settings.listen)) {
    host.mesh_dns.push_back(local_server(target.address, target.port));
  }
  for (const dns::Route& route : upstreams.routes) {
    for (const dns::UpstreamAddress& server : route.servers) {
      const auto ip = mesh::Ip::parse(server.ip);
      // What goes to other ports is never redirected, but what this server asks then may be.
      if (ip && is_local(*ip)) host.upstreams.push_back(local_server(*ip, server.port));
    }
  }
  host.mesh_dns_user = uid_of("mesh-dns");
  if (redirect::resolved_host().used) host.resolved_user = uid_of("systemd-resolve");
  host.resolv_conf = read_file("/etc/resolv.conf");
  host.nsswitch = read_file("/etc/nsswitch.conf");
  return host;
}

void add_probes(const redirect::Redirection& rules, Reasons& reasons) {
  for (const auto& target : {rules.v4, rules.v6}) {
    if (!target || target->port == 0) continue;
    const std::string why = probe(*target);
    if (why.empty()) continue;
    reasons.risks.push_back("mesh-dns doesn't serve " + redirect::to_string(*target) + ": " + why +
                            "; all that is redirected there would find no name any more. Is "
                            "`mesh-dns serve` running with the same settings?");
  }
}

void tell_result(const redirect::Redirection& rules, std::ostream& out) {
  std::string where;
  for (const auto& target : {rules.v4, rules.v6}) {
    if (target) where += (where.empty() ? "" : " and ") + redirect::to_string(*target);
  }
  const bool all = rules.uids.empty() && rules.cgroups.empty();
  std::string whose = all ? " of this host" : " of";
  const char* comma = " ";
  for (const std::uint32_t uid : rules.uids) {
    whose += comma + ("uid " + std::to_string(uid));
    comma = ", ";
  }
  for (const std::string& path : rules.cgroups) {
    whose += comma + ("cgroup " + path);
    comma = ", ";
  }
  out << "port 53" << whose << " goes to " << where << '\n';
  if (rules.other_family == redirect::OtherFamily::Reject && !(rules.v4 && rules.v6)) {
    out << "rejected: the same over " << (rules.v4 ? "IPv6" : "IPv4")
        << ", of which mesh-dns has no address\n";
  }
  for (const redirect::User& user : rules.exempt_uids) {
    out << "left alone: uid " << user.uid << " (" << user.why << ")\n";
  }
  for (const std::string& path : rules.exempt_cgroups) out << "left alone: cgroup " << path << '\n';
  out << "undo: mesh-dns redirect remove, or nft delete table " << redirect::kTable
      << "; the rules last until the next boot\n";
}

int install_rules(const CommandLine& line, const config::Settings& settings, Streams streams) {
  const RedirectOptions& options = line.redirect;
  const host::Upstreams upstreams =
      host::make_upstreams(settings, host::read_resolv_conf(settings),
                           host::endpoints(settings.listen), host::host_addresses());
  RedirectPlan plan =
      plan_nftables(settings, selection(options), redirect_host(settings, upstreams));
  const redirect::Redirection& rules = plan.redirection;
  for (const mesh::Diagnostic& diagnostic : upstreams.diagnostics) {
    plan.reasons.warnings.push_back(diagnostic.path + ": " + diagnostic.message);
  }
  add_probes(rules, plan.reasons);
  if (!may_go_on(plan.reasons, options, streams)) return kExitErrors;
  const std::string text = redirect::ruleset(rules);
  if (options.dry_run) {
    streams.out << text;
    return 0;
  }
  redirect::require_nft(rules);
  redirect::require_net_admin();
  redirect::apply(text);
  tell_result(rules, streams.out);
  return 0;
}

int install(const CommandLine& line, const config::Settings& settings, Streams streams) {
  if (line.redirect.with == "resolv.conf") return install_resolv_conf(line, settings, streams);
  if (line.redirect.with == "resolved") return install_drop_in(line, settings, streams);
  return install_rules(line, settings, streams);
}

void remove_rules(Streams streams) {
  if (!redirect::has_nft()) {
    streams.err << "mesh-dns: the program nft is not there, so no rules were looked for\n";
    return;
  }
  redirect::require_net_admin();
  const bool there = redirect::installed().has_value();
  if (there) redirect::apply(redirect::removal());
  streams.out << (there ? "the rules are removed\n" : "no rules were installed\n");
}

// What can't be undone mustn't keep the rest from it.
int remove(const CommandLine& line, Streams streams) {
  int status = 0;
  const auto undo = [&](auto&& part) {
    try {
      part();
    } catch (const std::exception& error) {
      streams.err << "mesh-dns: " << error.what() << '\n';
      status = kExitErrors;
    }
  };
  undo([&] { remove_rules(streams); });
  undo([&] { remove_files(line.redirect, streams); });
  return status;
}

int show(Streams streams) {
  show_files(streams.out);
  if (!redirect::has_nft()) {
    streams.out << "rules: unknown, since the program nft is not there (package nftables)\n";
    return 0;
  }
  redirect::require_net_admin();
  const auto rules = redirect::installed();
  streams.out << (rules ? *rules : "rules: none\n");
  return 0;
}

}  // namespace

int redirect(const CommandLine& line, const config::Settings& settings, Streams streams) {
  switch (line.redirect.action) {
    case RedirectAction::Install:
      return install(line, settings, streams);
    case RedirectAction::Remove:
      return remove(line, streams);
    case RedirectAction::Show:
      return show(streams);
  }
  return kExitUsage;
}

}  // namespace cli
