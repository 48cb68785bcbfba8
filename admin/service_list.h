// Which of all services a page shows: those that a search finds, the ones with problems first.
//
// Pure functions of a build. 100,000 services are looked through in milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/build.h"

namespace admin {

// How badly a service is off.
enum class Trouble : std::uint8_t {
  NoVip,     // an address is missing
  NotNamed,  // a generator selects it, and couldn't give it the name
  None,
};
Trouble trouble_of(const pipeline::Build& build, std::size_t service);

struct ServicePage {
  std::vector<std::uint32_t> services;  // indices into the build's, as they are shown
  std::size_t page = 1;                 // from 1
  std::size_t pages = 1;                // at least 1
  std::size_t found = 0;                // on all pages
  std::size_t troubled = 0;             // of those
  std::size_t first() const { return services.empty() ? 0 : (page - 1) * kServicesAPage + 1; }

  static constexpr std::size_t kServicesAPage = 100;
};

// The services that hold every word of `words` in their kind, mesh, name, one of their hostnames
// (got or wanted), or the beginning of a VIP; letters of any case. By trouble, then as the build
// has them: by kind, mesh, name. A page beyond the last is the last.
ServicePage list_services(const pipeline::Build& build, std::string_view words, std::size_t page);

// As many services as are in trouble, the worst first, and at most `most` of them.
std::vector<std::uint32_t> troubled_services(const pipeline::Build& build, std::size_t most);

}  // namespace admin
