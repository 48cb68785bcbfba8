#include "config/resolv_conf.h"

#include <algorithm>
#include <sstream>

#include "mesh/ip.h"

namespace config {
namespace {

// An address, and for a link-local one the interface behind a percent sign (RFC 4007, 11).
bool is_address(std::string_view text) {
  const std::size_t percent = text.find('%');
  const auto ip = mesh::Ip::parse(text.substr(0, percent));
  return ip && (percent == text.npos || (!ip->is_v4() && percent + 1 < text.size()));
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text, const std::string& file) {
  ResolvConf result;
  const auto name = std::make_shared<const std::string>(file);
  std::istringstream lines{std::string(text)};
  std::string line;
  for (std::uint32_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (!(words >> keyword) || keyword != "nameserver") continue;
    if (words >> address && is_address(address)) {
      if (std::ranges::count(result.nameservers, address) == 0) {
        result.nameservers.push_back(address);
      }
      continue;
    }
    result.diagnostics.push_back({mesh::Severity::Warning,
                                  {name, number, 1},
                                  "nameserver",
                                  "expected an address, found " +
                                      (address.empty() ? "nothing" : '"' + address + '"') +
                                      ": this line is ignored"});
  }
  return result;
}

}  // namespace config
