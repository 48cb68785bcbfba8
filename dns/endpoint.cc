#include "dns/endpoint.h"

namespace dns {

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? '[' + endpoint.address + ']' : endpoint.address) + ':' +
         std::to_string(endpoint.port);
}

}  // namespace dns
