#include "dns/resolver/upstream_transport.h"

#include "dns/resolver/ares_transport.h"

namespace dns {

std::unique_ptr<UpstreamTransport> make_transport(boost::asio::io_context& io,
                                                  const UpstreamAddress& address,
                                                  TransportCounts& counts) {
  switch (address.kind) {
    case UpstreamAddress::Kind::Udp:
      return std::make_unique<AresTransport>(io, address, counts);
  }
  return nullptr;
}

}  // namespace dns
