// Names that have a meaning of their own everywhere, and that no server on the way may be asked
// about: who resolves them at all answers them himself. Pure.
#pragma once

#include <cstdint>

#include "dns/query.h"

namespace dns {

enum class Special : std::uint8_t {
  None,
  Localhost,    // localhost and all below it: this host's loopback (RFC 6761, 6.3)
  SingleLabel,  // one label: for a search list or a local network, and nobody else's to know
  Nowhere,      // invalid, onion and all below them: no such name (RFC 6761, 6.4; RFC 7686, 2)
};

// What `qname` is, unless it is in a zone of ours: a zone that is configured comes first. A name of
// one label is special for A and AAAA only, since a validating resolver behind us needs the DS and
// NS of top-level domains, and not if `forward_single_labels`.
Special special_name(const Qname& qname, std::uint16_t qtype, bool forward_single_labels);

}  // namespace dns
