// What ldns allocates, with its deleters. Internal to app: it shows ldns.
#pragma once

#include <ldns/ldns.h>

#include <cstdlib>
#include <memory>

namespace logging {

struct FreePacket {
  void operator()(ldns_pkt* packet) const noexcept { ldns_pkt_free(packet); }
};
struct FreeRdf {
  void operator()(ldns_rdf* rdf) const noexcept { ldns_rdf_deep_free(rdf); }
};
// Texts and octets.
struct FreeAllocated {
  void operator()(void* bytes) const noexcept { std::free(bytes); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;
using Rdf = std::unique_ptr<ldns_rdf, FreeRdf>;
template <typename T>
using Allocated = std::unique_ptr<T, FreeAllocated>;

}  // namespace logging
