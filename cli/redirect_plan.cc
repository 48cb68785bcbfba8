#include "cli/redirect_plan.h"

#include <algorithm>
#include <sstream>

#include "config/resolv_conf.h"

namespace cli {
namespace {

constexpr std::uint16_t kDnsPort = 53;

bool is_unspecified(const mesh::Ip& ip) {
  return std::ranges::all_of(ip.bytes(), [](std::uint8_t octet) { return octet == 0; });
}

redirect::Target target_of(const config::Endpoint& endpoint) {
  if (!is_unspecified(endpoint.address)) return {endpoint.address, endpoint.port};
  return {endpoint.address.is_v4() ? mesh::Ip::v4(0x7f000001) : *mesh::Ip::parse("::1"),
          endpoint.port};
}

std::string listening(const config::Settings& settings) {
  std::string text;
  for (const config::Endpoint& endpoint : settings.listen) {
    text.append(text.empty() ? "" : ", ").append(to_string(endpoint));
  }
  return text;
}

const dns::Route* route_of_all_else(const host::Upstreams& upstreams) {
  const auto found = std::ranges::find_if(
      upstreams.routes, [](const dns::Route& route) { return route.zone.is_root(); });
  return found == upstreams.routes.end() ? nullptr : &*found;
}

bool uses_nss_resolve(const std::string& nsswitch) {
  std::istringstream lines(nsswitch);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != "hosts:") continue;
    while (words >> word) {
      if (word == "resolve") return true;
    }
  }
  return false;
}

class NftablesPlan {
 public:
  NftablesPlan(const config::Settings& settings, const Selection& selection,
               const RedirectHost& host)
      : settings_(settings), selection_(selection), host_(host) {}

  RedirectPlan make() {
    rules_.v4 = target(settings_.listen, mesh::Family::V4);
    rules_.v6 = target(settings_.listen, mesh::Family::V6);
    rules_.other_family = selection_.other_family;
    rules_.uids = selection_.uids;
    rules_.cgroups = selection_.cgroups;
    rules_.exempt_uids = selection_.exempt_uids;
    rules_.exempt_cgroups = selection_.exempt_cgroups;
    check_targets();
    exempt_mesh_dns();
    for (const LocalServer& upstream : host_.upstreams) {
      exempt(upstream, ", which mesh-dns forwards to,");
    }
    // It binds its sockets to interfaces, from where nothing gets to loopback.
    if (host_.resolved_user) add({*host_.resolved_user, "systemd-resolved"});
    check_selection();
    check_other_family();
    if (uses_nss_resolve(host_.nsswitch)) {
      reasons().warnings.push_back(
          "/etc/nsswitch.conf has `resolve`: applications that use it ask systemd-resolved through "
          "a socket of its own, which no rule for port 53 sees; `--with resolved` reaches them");
    }
    return std::move(plan_);
  }

 private:
  Reasons& reasons() { return plan_.reasons; }

  void check_targets() {
    for (const auto& target : {rules_.v4, rules_.v6}) {
      if (!target) continue;
      if (target->port == 0) reasons().errors.push_back("listen: port 0 is no port to redirect to");
      const bool allowed = std::ranges::any_of(settings_.allow, [&](const mesh::Cidr& range) {
        return range.contains(target->address);
      });
      if (allowed) continue;
      reasons().risks.push_back("access.allow doesn't contain " + target->address.to_string() +
                                ", which redirected queries come from: all would be REFUSED; add " +
                                "it, or listen on loopback");
    }
  }

  void add(const redirect::User& user) {
    const auto known = std::ranges::find(rules_.exempt_uids, user.uid, &redirect::User::uid);
    if (known == rules_.exempt_uids.end()) rules_.exempt_uids.push_back(user);
  }

  bool is_exempt(std::uint32_t uid) const {
    return std::ranges::count(rules_.exempt_uids, uid, &redirect::User::uid) != 0;
  }

  bool takes_from_root() const {
    return (selection_.uids.empty() && selection_.cgroups.empty()) || !selection_.cgroups.empty() ||
           std::ranges::count(selection_.uids, 0u) != 0;
  }

  // Exempting root would exempt most of what runs on many a host, so a person has to say it.
  void exempt(const LocalServer& server, const std::string& role) {
    for (const redirect::Holder& holder : server.holders) {
      if (holder.uid != 0) {
        add({holder.uid, holder.name + " listens on " + server.address});
        continue;
      }
      if (is_exempt(0) || !selection_.exempt_cgroups.empty() || !takes_from_root()) continue;
      reasons().errors.push_back(
          holder.name + " (pid " + std::to_string(holder.pid) + ") on " + server.address + role +
          " runs as root, so that its own queries can't be told from those of root's other "
          "programs: run it as a user of its own, or exempt its cgroup (--exempt-cgroup "
          "system.slice/" +
          holder.name +
          ".service), or all of root's programs (--exempt-uid "
          "root), or redirect certain users only (--uid)");
    }
  }

  void exempt_mesh_dns() {
    bool found = false;
    for (const LocalServer& server : host_.mesh_dns) {
      exempt(server, "");
      found = found || !server.holders.empty();
    }
    if (host_.mesh_dns_user) add({*host_.mesh_dns_user, "the user mesh-dns"});
    if (found || !rules_.exempt_uids.empty() || !rules_.exempt_cgroups.empty()) return;
    reasons().errors.push_back(
        "no process is seen that listens on " + listening(settings_) +
        ", and there is no user mesh-dns: whose queries to upstreams have to be left alone? Start "
        "mesh-dns first, run this as root, or name its user with --exempt-uid");
  }

  void check_selection() {
    for (const std::uint32_t uid : selection_.uids) {
      if (!is_exempt(uid)) continue;
      reasons().errors.push_back("--uid " + std::to_string(uid) +
                                 ": this user is exempt, so that nothing of it is redirected: "
                                 "mesh-dns, or a server that it forwards to, runs as it");
    }
  }

  void check_other_family() {
    if (rules_.v4 && rules_.v6) return;
    const bool v4 = rules_.v4.has_value();
    const std::string other = v4 ? "IPv6" : "IPv4";
    const redirect::Target& present = v4 ? *rules_.v4 : *rules_.v6;
    const mesh::Ip loopback = v4 ? *mesh::Ip::parse("::1") : mesh::Ip::v4(0x7f000001);
    const std::string remedy =
        "let it listen on " + redirect::to_string({loopback, present.port}) + ", too";
    if (rules_.other_family == redirect::OtherFamily::Leave) {
      reasons().warnings.push_back("mesh-dns has no " + other + " address: DNS over " + other +
                                   " goes around it; " + remedy);
      return;
    }
    const auto servers = config::parse_resolv_conf(host_.resolv_conf, "").nameservers;
    const bool all = !servers.empty() && std::ranges::all_of(servers, [&](const auto& server) {
      return (server.find(':') != server.npos) == v4;
    });
    if (!all) return;
    reasons().risks.push_back("/etc/resolv.conf names " + other +
                              " servers only, mesh-dns has no " + other +
                              " address, and such queries are rejected: no name would be "
                              "found any more; " +
                              remedy);
  }

  const config::Settings& settings_;
  const Selection& selection_;
  const RedirectHost& host_;
  RedirectPlan plan_;
  redirect::Redirection& rules_ = plan_.redirection;
};

}  // namespace

std::vector<redirect::Target> targets(const std::vector<config::Endpoint>& listen) {
  std::vector<redirect::Target> targets;
  for (const config::Endpoint& endpoint : listen) {
    const redirect::Target target = target_of(endpoint);
    if (std::ranges::count(targets, target) == 0) targets.push_back(target);
  }
  return targets;
}

std::optional<redirect::Target> target(const std::vector<config::Endpoint>& listen,
                                       mesh::Family family) {
  for (const redirect::Target& target : targets(listen)) {
    if (target.address.family() == family) return target;
  }
  return std::nullopt;
}

RedirectPlan plan_nftables(const config::Settings& settings, const Selection& selection,
                           const RedirectHost& host) {
  return NftablesPlan(settings, selection, host).make();
}

Reasons check_resolv_conf(const config::Settings& settings, const host::Upstreams& upstreams,
                          const redirect::ResolvedHost& host, const std::string& before) {
  Reasons reasons;
  if (std::ranges::count(settings.listen, kDnsPort, &config::Endpoint::port) == 0) {
    reasons.errors.push_back(
        "a resolv.conf has no ports: mesh-dns has to listen on port 53, and "
        "listens on " +
        listening(settings) + "; set listen to 127.0.0.1:53, or redirect with nftables");
  }
  if (host.used) {
    reasons.errors.push_back(
        "this host uses systemd-resolved, which reads a resolv.conf that isn't its own and would "
        "ask mesh-dns for what mesh-dns asks it: use --with resolved");
  }
  const dns::Route* all_else = route_of_all_else(upstreams);
  if (all_else == nullptr || all_else->servers.empty()) {
    reasons.errors.push_back(
        "mesh-dns would have nobody left to ask but itself: set "
        "upstream.resolvConf to " +
        before +
        ", which this command makes of "
        "the resolv.conf of today, or upstream.servers; restart mesh-dns, and "
        "come back");
  }
  return reasons;
}

Reasons check_resolved(const config::Settings& settings, const host::Upstreams& upstreams,
                       const redirect::ResolvedHost& host, const std::vector<std::string>& zones) {
  Reasons reasons;
  if (zones.empty()) {
    reasons.errors.push_back(
        "no zone was found in the resources: name the files with the HostnameGenerators, or set "
        "dns.zones");
  }
  if (!host.used) {
    reasons.risks.push_back(
        "this host doesn't seem to use systemd-resolved: there is no /run/systemd/resolve");
  }
  for (const redirect::Target& target : targets(settings.listen)) {
    if (target.port == 0) reasons.errors.push_back("listen: port 0 is no port to send queries to");
  }
  const dns::Route* all_else = route_of_all_else(upstreams);
  if (all_else == nullptr) return reasons;
  for (const dns::UpstreamAddress& server : all_else->servers) {
    const auto ip = mesh::Ip::parse(server.ip);
    if (!ip || server.port != kDnsPort || !redirect::is_stub(*ip)) continue;
    reasons.errors.push_back(
        "mesh-dns forwards to systemd-resolved (" + dns::to_string(server) +
        "), which would ask mesh-dns again: set upstream.resolvConf to "
        "/run/systemd/resolve/resolv.conf, where the servers behind it are, and restart mesh-dns");
  }
  return reasons;
}

}  // namespace cli
