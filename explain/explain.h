// Tells the story of a name, an address, a service or a generator: who makes it, from which labels,
// with which VIP, what a client is answered; or why not, and who won.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "dns/resolver/routes.h"
#include "pipeline/build.h"
#include "vip/ledger.h"

namespace explain {

// `what` is a DNS name, an address, or KIND/NAME with Kuma's kinds or their short names (msvc,
// extsvc, mzsvc, hg). `routes`: whom names that aren't ours are asked of. Nothing: KIND/NAME names
// no resource, or no kind.
std::optional<std::string> explain(std::string_view what, const pipeline::Build& build,
                                   const config::Settings& settings, const vip::Ledger& ledger,
                                   const dns::Routes& routes);

}  // namespace explain
