// Asks a DNS server one question, as a client would. Blocks for up to some seconds.
#pragma once

#include <string>

#include "redirect/ruleset.h"

namespace cli {

// Why mesh-dns doesn't answer there over TCP or over UDP; "" if it does over both. The question is
// one that mesh-dns answers by itself, with or without a table or an upstream.
std::string probe(const redirect::Target& target);

}  // namespace cli
