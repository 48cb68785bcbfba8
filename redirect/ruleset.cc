#include "redirect/ruleset.h"

#include <algorithm>

namespace redirect {
namespace {

constexpr std::string_view kQueries = "meta l4proto { tcp, udp } th dport 53";

std::string comment(std::string_view text) {
  constexpr std::size_t kMaxComment = 100;  // bytes; nft takes 128
  std::string quoted = " comment \"";
  for (const char c : text.substr(0, kMaxComment)) {
    quoted += c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' ? '?' : c;
  }
  return quoted + '"';
}

std::string cgroup(const std::string& path) {
  const auto level = std::ranges::count(path, '/') + 1;
  return "socket cgroupv2 level " + std::to_string(level) + " \"" + path + '"';
}

class Text {
 public:
  void line(std::string_view text) { text_.append(depth_, ' ').append(text).append(1, '\n'); }
  void open(std::string_view text) {
    line(std::string(text) + " {");
    depth_ += 2;
  }
  void close() {
    depth_ -= 2;
    line("}");
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t depth_ = 0;
};

// Of the queries that come here, sends those that are to be taken to the chain `verdict`. The
// exempt come first: they are exempt even if they were asked for.
void write_clients(Text& text, const Redirection& redirection, const std::string& name,
                   const std::string& verdict) {
  text.open("chain " + name);
  for (const User& user : redirection.exempt_uids) {
    text.line("meta skuid " + std::to_string(user.uid) + " return" + comment(user.why));
  }
  for (const std::string& path : redirection.exempt_cgroups) text.line(cgroup(path) + " return");
  for (const std::uint32_t uid : redirection.uids) {
    text.line("meta skuid " + std::to_string(uid) + " goto " + verdict);
  }
  for (const std::string& path : redirection.cgroups) text.line(cgroup(path) + " goto " + verdict);
  if (redirection.uids.empty() && redirection.cgroups.empty()) text.line("goto " + verdict);
  text.close();
}

struct Family {
  const std::optional<Target>& target;
  const char* name;     // of the protocol
  const char* nfproto;  // of meta nfproto
};

// Before the priority -100 of iptables and of most others: whoever translates an address first
// wins.
void write_destination(Text& text, const Redirection& redirection,
                       const std::vector<Family>& families) {
  text.open("chain output");
  text.line("type nat hook output priority -110; policy accept;");
  for (const Family& family : families) {
    text.line("meta nfproto " + std::string(family.nfproto) + ' ' + std::string(kQueries) +
              " goto clients");
  }
  text.close();
  write_clients(text, redirection, "clients", "to_mesh_dns");
  text.open("chain to_mesh_dns");
  for (const Family& family : families) {
    text.line("meta l4proto { tcp, udp } dnat " + std::string(family.name) + " to " +
              to_string(*family.target));
  }
  text.close();
}

// The client's address would stay the host's own, which mesh-dns doesn't answer unless it is told
// to; so what was redirected comes from the address that it goes to. Ports are drawn at random: the
// kernel, which else looks for a free one near the client's, gave up here with 34,000 clients'
// ports in use, and with 59,000 when it draws them.
void write_source(Text& text, const std::vector<Family>& families) {
  text.open("chain postrouting");
  text.line("type nat hook postrouting priority 90; policy accept;");
  for (const Family& family : families) {
    const std::string name = family.name;
    const std::string address = family.target->address.to_string();
    for (const char* protocol : {"udp", "tcp"}) {
      text.line(name + " daddr " + address + ' ' + protocol + " dport " +
                std::to_string(family.target->port) +
                " ct status dnat ct original proto-dst 53 snat " + name + " to " + address +
                " fully-random");
    }
  }
  text.close();
}

// Errors that a resolver sees at once, so that it goes on to its next server.
void write_rejection(Text& text, const Redirection& redirection, const Family& family) {
  text.open("chain other_family");
  text.line("type filter hook output priority 0; policy accept;");
  text.line("meta nfproto " + std::string(family.nfproto) + ' ' + std::string(kQueries) +
            " goto other_clients");
  text.close();
  write_clients(text, redirection, "other_clients", "reject_queries");
  text.open("chain reject_queries");
  text.line("meta l4proto tcp reject with tcp reset");
  text.line("reject with icmpx port-unreachable");
  text.close();
}

}  // namespace

std::string to_string(const Target& target) {
  const std::string address = target.address.to_string();
  return (target.address.is_v4() ? address : '[' + address + ']') + ':' +
         std::to_string(target.port);
}

std::string ruleset(const Redirection& redirection) {
  const Family v4{redirection.v4, "ip", "ipv4"};
  const Family v6{redirection.v6, "ip6", "ipv6"};
  std::vector<Family> present;
  std::vector<Family> absent;
  for (const Family& family : {v4, v6}) (family.target ? present : absent).push_back(family);
  Text text;
  text.line("# Made by `mesh-dns redirect install`. Undo: mesh-dns redirect remove, or");
  text.line("# nft delete table " + std::string(kTable));
  text.line("table " + std::string(kTable));  // so that there is one to delete
  text.line("delete table " + std::string(kTable));
  text.open("table " + std::string(kTable));
  write_destination(text, redirection, present);
  write_source(text, present);
  if (redirection.other_family == OtherFamily::Reject) {
    for (const Family& family : absent) write_rejection(text, redirection, family);
  }
  text.close();
  return text.take();
}

std::string removal() {
  const std::string table(kTable);
  return "table " + table + "\ndelete table " + table + '\n';
}

std::optional<std::string> cgroup_path(std::string_view text) {
  constexpr std::string_view kMount = "/sys/fs/cgroup/";
  if (text.starts_with(kMount)) text.remove_prefix(kMount.size());
  std::string path;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    const bool odd = std::ranges::any_of(
        part, [](char c) { return c == '"' || static_cast<unsigned char>(c) < ' '; });
    if (part == ".." || odd) return std::nullopt;
    if (!path.empty()) path += '/';
    path += part;
  }
  return path.empty() ? std::nullopt : std::optional(path);
}

}  // namespace redirect
