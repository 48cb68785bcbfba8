#include "dns/server/counters.h"

#include <algorithm>
#include <numeric>

#include "dns/edns.h"
#include "dns/query.h"

namespace dns {
namespace {

constexpr std::array<std::uint16_t, kCountedTypes.size() - 1> kTypeNumbers = {
    1, 28, 33, 12, 6, 2, 16, 15, 5, 65, 64, 48, 43, 255};
constexpr std::array<std::uint16_t, kCountedRcodes.size() - 1> kRcodeNumbers = {0, 1, 2, 3,
                                                                                4, 5, 16};

}  // namespace

std::string_view to_string(Source source) {
  constexpr std::array<std::string_view, kSources.size()> kNames = {"mesh", "cache", "stale",
                                                                    "upstream"};
  return kNames[static_cast<std::size_t>(source)];
}

std::size_t counted_type(std::uint16_t qtype) {
  return static_cast<std::size_t>(std::ranges::find(kTypeNumbers, qtype) - kTypeNumbers.begin());
}

std::size_t counted_rcode(std::uint16_t rcode) {
  return static_cast<std::size_t>(std::ranges::find(kRcodeNumbers, rcode) - kRcodeNumbers.begin());
}

std::uint64_t Counters::queries() const {
  return std::accumulate(worker_queries.begin(), worker_queries.end(), std::uint64_t{0});
}

std::uint64_t Counters::replies_from(Source source) const {
  const auto& by_rcode = replies[static_cast<std::size_t>(source)];
  return std::accumulate(by_rcode.begin(), by_rcode.end(), std::uint64_t{0});
}

std::uint64_t Counters::replies_with(std::size_t rcode) const {
  std::uint64_t sum = 0;
  for (const auto& by_rcode : replies) sum += by_rcode[rcode];
  return sum;
}

}  // namespace dns
