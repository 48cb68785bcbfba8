// The values that settings have: durations, sizes, addresses, ranges, and lists of them.
//
// Each function reports what is wrong with its node and leaves `to` alone then. Internal to the
// folder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/decode.h"
#include "config/settings.h"

namespace config {

// "off", "on", "1/100", "50ms"
std::optional<QueryLog> parse_query_log(std::string_view text);

struct Range {
  std::uint64_t least;
  std::uint64_t most;
};

void set_text(Decoder& decoder, const Node& node, const Path& path, std::string& to);
void set_name(Decoder& decoder, const Node& node, const Path& path, std::string& to);
// A DNS name, in lower case, without a dot at its end.
void set_dns_name(Decoder& decoder, const Node& node, const Path& path, std::string& to);
void set_flag(Decoder& decoder, const Node& node, const Path& path, bool& to);
void set_count(Decoder& decoder, const Node& node, const Path& path, Range range,
               std::uint32_t& to);
void set_count(Decoder& decoder, const Node& node, const Path& path, Range range,
               std::uint64_t& to);
void set_milliseconds(Decoder& decoder, const Node& node, const Path& path, Range range,
                      std::uint64_t& to);
void set_seconds(Decoder& decoder, const Node& node, const Path& path, Range range,
                 std::uint32_t& to);
void set_size(Decoder& decoder, const Node& node, const Path& path, Range range, std::uint64_t& to);
// `port`: where the text has none; 0: it must have one.
void set_endpoint(Decoder& decoder, const Node& node, const Path& path, std::uint16_t port,
                  Endpoint& to);

void set_admin(Decoder& decoder, const Node& node, const Path& path, Admin& to);
// off, on, 1/100, or a duration.
void set_query_log(Decoder& decoder, const Node& node, const Path& path, QueryLog& to);

void set_texts(Decoder& decoder, const Node& node, const Path& path, std::vector<std::string>& to);
// DNS names, lowered, without a final dot.
void set_names(Decoder& decoder, const Node& node, const Path& path, std::vector<std::string>& to);
void set_endpoints(Decoder& decoder, const Node& node, const Path& path, std::uint16_t port,
                   std::vector<Endpoint>& to);
// Ranges to take VIPs from. It complains of those that no service can have an address of.
void set_pools(Decoder& decoder, const Node& node, const Path& path, std::vector<mesh::Cidr>& to);
// Ranges of clients.
void set_clients(Decoder& decoder, const Node& node, const Path& path, std::vector<mesh::Cidr>& to);
// A map from DNS zones to lists of servers.
void set_routes(Decoder& decoder, const Node& node, const Path& path,
                std::map<std::string, std::vector<Endpoint>>& to);

}  // namespace config
