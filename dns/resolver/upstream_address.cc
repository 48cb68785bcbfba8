#include "dns/resolver/upstream_address.h"

#include "dns/socket_address.h"

namespace dns {

std::string to_string(const UpstreamAddress& address) {
  return address_text(address.ip, address.port);
}

}  // namespace dns
