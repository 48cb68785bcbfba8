#include "mesh/address.h"

#include <algorithm>

namespace mesh {

Address to_address(std::string_view text) {
  if (const auto ip = Ip::parse(text)) return *ip;
  return std::string(text);
}

std::string to_string(const Address& address) {
  const Ip* ip = std::get_if<Ip>(&address);
  return ip != nullptr ? ip->to_string() : std::get<std::string>(address);
}

bool is_unspecified(const Address& address) {
  const Ip* ip = std::get_if<Ip>(&address);
  return ip != nullptr && std::ranges::all_of(ip->bytes(), [](auto byte) { return byte == 0; });
}

}  // namespace mesh
