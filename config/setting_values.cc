#include "config/setting_values.h"

#include <algorithm>
#include <charconv>

#include "config/text.h"
#include "config/units.h"

namespace config {
namespace {

std::optional<std::string> dns_name(Decoder& decoder, const Node& node, const Path& path) {
  if (decoder.told({ValueForm::Kind::DnsName})) return std::nullopt;
  auto text = decoder.string(node, path);
  if (!text) return std::nullopt;
  std::string name = lowered(*text);
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  if (is_subdomain(name)) return name;
  decoder.error(node, path, "expected a DNS name, found " + described(node));
  return std::nullopt;
}

bool is_empty_list(const Node& node) {
  return node.kind == Node::Kind::Sequence && node.items.empty();
}

// Calls `f` with each item. A single value is a list of one.
void for_each(Decoder& decoder, const Node& node, const Path& path, auto f) {
  if (decoder.form() != nullptr) {
    decoder.form()->list = true;
    return f(node, path);
  }
  if (node.kind == Node::Kind::Scalar) return f(node, path);
  if (!decoder.sequence(node, path)) return;
  for (std::size_t i = 0; i < node.items.size(); ++i) f(node.items[i], path[i]);
}

std::optional<std::uint64_t> duration(Decoder& decoder, const Node& node, const Path& path,
                                      Range range) {
  if (decoder.told({ValueForm::Kind::Duration, range.least, range.most})) return std::nullopt;
  const auto ms = node.kind == Node::Kind::Scalar ? parse_duration(node.text) : std::nullopt;
  if (!ms) {
    decoder.error(node, path,
                  "expected a duration, as 30s, 5m or 1500ms, found " + described(node));
  } else if (*ms < range.least || *ms > range.most) {
    decoder.error(node, path,
                  node.text + " is not between " + duration_text(range.least) + " and " +
                      duration_text(range.most));
  } else {
    return ms;
  }
  return std::nullopt;
}

// Addresses that no pool of VIPs should have. The limited broadcast address needs no row: it could
// only be the last one of a pool, which is never given out.
struct Special {
  const char* range;
  const char* what;
  const char* why_not;
  mesh::Severity severity = mesh::Severity::Error;
};
constexpr const char* kNoService = "no service can have such an address";
constexpr const char* kNoRouter = "no router passes it on";
constexpr Special kSpecials[] = {
    {"0.0.0.0/8", "\"this network\"", kNoService},
    {"224.0.0.0/4", "multicast", kNoService},
    {"::/128", "the unspecified address", kNoService},
    {"::ffff:0:0/96", "IPv4 written as IPv6", kNoService},
    {"ff00::/8", "multicast", kNoService},
    {"127.0.0.0/8", "loopback", "it leads nowhere but to the host that asks",
     mesh::Severity::Warning},
    {"169.254.0.0/16", "link-local", kNoRouter, mesh::Severity::Warning},
    {"fe80::/10", "link-local", kNoRouter, mesh::Severity::Warning},
};

void check_pool(Decoder& decoder, const Node& node, const Path& path, const mesh::Cidr& pool) {
  const auto* special = std::ranges::find_if(
      kSpecials, [&](const Special& row) { return pool.overlaps(*mesh::Cidr::parse(row.range)); });
  if (special == std::end(kSpecials)) return;
  const std::string message = pool.to_string() + " overlaps " + special->range + ", which is " +
                              special->what + ": " + special->why_not +
                              "; take another range, as " +
                              (pool.family() == mesh::Family::V4 ? "241.0.0.0/8" : "fd00:241::/64");
  special->severity == mesh::Severity::Error ? decoder.error(node, path, message)
                                             : decoder.warn(node, path, message);
}

// Calls `f` with each range and the node and the path that it stands at.
void for_each_range(Decoder& decoder, const Node& node, const Path& path, auto f) {
  for_each(decoder, node, path, [&](const Node& item, const Path& at) {
    if (decoder.told({ValueForm::Kind::Range})) return;
    if (const auto range = mesh::Cidr::parse(item.text)) return f(*range, item, at);
    decoder.error(item, at,
                  "expected an address range, as 241.0.0.0/8 or fd00:241::/64, with no bits set "
                  "behind the prefix, found " +
                      described(item));
  });
}

}  // namespace

std::optional<QueryLog> parse_query_log(std::string_view text) {
  if (text == "off") return QueryLog{};
  if (text == "on") return QueryLog{.every = 1, .slower = 0};
  if (!text.starts_with("1/")) {
    const auto slower = parse_duration(text);
    if (!slower || *slower == 0) return std::nullopt;
    return QueryLog{.every = 1, .slower = *slower};
  }
  const char* const end = text.data() + text.size();
  QueryLog log;
  const auto [at, error] = std::from_chars(text.data() + 2, end, log.every);
  if (error != std::errc() || at != end || log.every == 0) return std::nullopt;
  return log;
}

void set_text(Decoder& decoder, const Node& node, const Path& path, std::string& to) {
  auto text = decoder.string(node, path);
  if (!text) return;
  if (text->empty()) return decoder.error(node, path, "is empty");
  to = std::move(*text);
}

void set_name(Decoder& decoder, const Node& node, const Path& path, std::string& to) {
  if (decoder.told({ValueForm::Kind::Name})) return;
  auto text = decoder.string(node, path);
  if (!text) return;
  if (!is_subdomain(*text)) {
    return decoder.error(node, path,
                         described(node) + " is no name: a-z, 0-9, '-' and '.' are allowed");
  }
  to = std::move(*text);
}

void set_dns_name(Decoder& decoder, const Node& node, const Path& path, std::string& to) {
  if (auto name = dns_name(decoder, node, path)) to = std::move(*name);
}

void set_flag(Decoder& decoder, const Node& node, const Path& path, bool& to) {
  if (const auto flag = decoder.boolean(node, path)) to = *flag;
}

void set_count(Decoder& decoder, const Node& node, const Path& path, Range range,
               std::uint64_t& to) {
  const auto count = decoder.integer(node, path, static_cast<std::int64_t>(range.least),
                                     static_cast<std::int64_t>(range.most));
  if (count) to = static_cast<std::uint64_t>(*count);
}

void set_count(Decoder& decoder, const Node& node, const Path& path, Range range,
               std::uint32_t& to) {
  std::uint64_t count = to;
  set_count(decoder, node, path, range, count);
  to = static_cast<std::uint32_t>(count);
}

void set_milliseconds(Decoder& decoder, const Node& node, const Path& path, Range range,
                      std::uint64_t& to) {
  if (const auto ms = duration(decoder, node, path, range)) to = *ms;
}

void set_seconds(Decoder& decoder, const Node& node, const Path& path, Range range,
                 std::uint32_t& to) {
  const auto ms = duration(decoder, node, path, {range.least * 1000, range.most * 1000});
  if (!ms) return;
  if (*ms % 1000 != 0) return decoder.error(node, path, "a TTL is in whole seconds");
  to = static_cast<std::uint32_t>(*ms / 1000);
}

void set_size(Decoder& decoder, const Node& node, const Path& path, Range range,
              std::uint64_t& to) {
  if (decoder.told({ValueForm::Kind::Size, range.least, range.most})) return;
  const auto size = node.kind == Node::Kind::Scalar ? parse_size(node.text) : std::nullopt;
  if (!size) {
    decoder.error(node, path, "expected a size, as 16MiB or 64KiB, found " + described(node));
  } else if (*size < range.least || *size > range.most) {
    decoder.error(node, path,
                  node.text + " is not between " + std::to_string(range.least) + " and " +
                      std::to_string(range.most) + " bytes");
  } else {
    to = *size;
  }
}

void set_endpoint(Decoder& decoder, const Node& node, const Path& path, std::uint16_t port,
                  Endpoint& to) {
  if (decoder.told({ValueForm::Kind::Address, 0, 0, port != 0})) return;
  const std::string_view text = node.text;
  auto endpoint = parse_endpoint(text);
  if (!endpoint && port != 0) {
    if (const auto ip = mesh::Ip::parse(text)) endpoint = Endpoint{*ip, port};
  }
  if (endpoint) {
    to = *endpoint;
  } else {
    decoder.error(node, path,
                  "expected an IP address and a port, as 127.0.0.1:15053 or [::1]:15053, found " +
                      described(node));
  }
}

void set_admin(Decoder& decoder, const Node& node, const Path& path, Admin& to) {
  if (decoder.told({ValueForm::Kind::Admin})) return;
  const auto admin = node.kind == Node::Kind::Scalar ? parse_admin(node.text) : std::nullopt;
  if (admin) {
    to = *admin;
    return;
  }
  decoder.error(node, path,
                "expected an address and a port, as 127.0.0.1:15056, the path of a socket, as "
                "unix:/run/mesh-dns/admin.sock, or off, found " +
                    described(node));
}

void set_query_log(Decoder& decoder, const Node& node, const Path& path, QueryLog& to) {
  if (decoder.told({ValueForm::Kind::QueryLog})) return;
  const auto log = node.kind == Node::Kind::Scalar ? parse_query_log(node.text) : std::nullopt;
  if (log) {
    to = *log;
    return;
  }
  decoder.error(node, path,
                "expected off, on, one of many, as 1/100, or how long the slow ones take, as 50ms, "
                "found " +
                    described(node));
}

void set_texts(Decoder& decoder, const Node& node, const Path& path, std::vector<std::string>& to) {
  to.clear();
  for_each(decoder, node, path, [&](const Node& item, const Path& at) {
    set_text(decoder, item, at, to.emplace_back());
  });
}

void set_names(Decoder& decoder, const Node& node, const Path& path, std::vector<std::string>& to) {
  to.clear();
  for_each(decoder, node, path, [&](const Node& item, const Path& at) {
    if (auto name = dns_name(decoder, item, at)) to.push_back(std::move(*name));
  });
}

void set_endpoints(Decoder& decoder, const Node& node, const Path& path, std::uint16_t port,
                   std::vector<Endpoint>& to) {
  to.clear();
  for_each(decoder, node, path, [&](const Node& item, const Path& at) {
    set_endpoint(decoder, item, at, port, to.emplace_back());
  });
}

void set_pools(Decoder& decoder, const Node& node, const Path& path, std::vector<mesh::Cidr>& to) {
  to.clear();
  for_each_range(decoder, node, path,
                 [&](const mesh::Cidr& pool, const Node& item, const Path& at) {
                   check_pool(decoder, item, at, pool);
                   to.push_back(pool);
                 });
}

void set_clients(Decoder& decoder, const Node& node, const Path& path,
                 std::vector<mesh::Cidr>& to) {
  to.clear();
  for_each_range(decoder, node, path,
                 [&](const mesh::Cidr& range, const Node&, const Path&) { to.push_back(range); });
  if (!is_empty_list(node)) return;
  decoder.warn(node, path,
               "has no range, so that every client is REFUSED: name those of the clients, as "
               "127.0.0.0/8");
}

void set_routes(Decoder& decoder, const Node& node, const Path& path,
                std::map<std::string, std::vector<Endpoint>>& to) {
  to.clear();
  if (decoder.form() != nullptr) {
    decoder.form()->map = true;
    decoder.form()->not_empty = true;
    return set_endpoints(decoder, node, path, 53, to[""]);
  }
  if (!decoder.map(node, path)) return;
  for (const Entry& entry : node.entries) {
    Node key;
    key.kind = Node::Kind::Scalar;
    key.text = entry.key;
    key.line = entry.line;
    key.column = entry.column;
    const Path at = path / entry.key;
    if (auto zone = dns_name(decoder, key, at)) {
      set_endpoints(decoder, entry.value, at, 53, to[*zone]);
      if (!is_empty_list(entry.value)) continue;
      decoder.error(entry.value, at,
                    "expected at least one server: without any, its names are SERVFAIL; to ask "
                    "those of upstream.servers, leave the zone out");
    }
  }
}

}  // namespace config
