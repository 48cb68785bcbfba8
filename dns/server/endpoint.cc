#include "dns/server/endpoint.h"

#include "dns/socket_address.h"

namespace dns {

std::string to_string(const Endpoint& endpoint) {
  return address_text(endpoint.address, endpoint.port);
}

}  // namespace dns
