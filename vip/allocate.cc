#include "vip/allocate.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "vip/given.h"
#include "vip/occupancy.h"
#include "vip/round.h"

namespace vip {
namespace {

// The requests that are to be allocated for, in the order of services.
std::vector<std::size_t> order_of(std::span<const Request> requests) {
  std::vector<std::size_t> order;
  order.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].borrowed) order.push_back(i);
  }
  const auto service = [&](std::size_t i) -> const mesh::ServiceId& { return requests[i].service; };
  if (!std::ranges::is_sorted(order, {}, service)) std::ranges::sort(order, {}, service);
  return order;
}

}  // namespace

Allocation allocate(std::span<const Request> requests, const Policy& policy, const Ledger& ledger,
                    Seconds now) {
  Given given;
  for (const Request& request : requests) given.set(request);
  Occupancy occupancy(policy.pools, policy.quarantine);
  occupancy.advance(now);
  ledger.for_each(
      [&](std::uint32_t, const LeaseView& lease) { occupancy.add(lease.ip, lease.released); });
  const std::vector<std::size_t> order = order_of(requests);
  std::vector<Claim> claims;
  claims.reserve(order.size());
  std::vector<bool> claimed(ledger.capacity());
  for (const std::size_t i : order) {
    claims.push_back({&requests[i].service, given.of(requests[i].service), {}, {}, {}});
    ledger.for_each_of(requests[i].service,
                       [&](std::uint32_t number, const LeaseView&) { claimed[number] = true; });
  }
  Round round(policy, ledger, occupancy, given, now);
  round.run(claims, orphans(ledger, claimed));

  Allocation result;
  result.vips.resize(requests.size());
  result.missing.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].borrowed) result.vips[i] = requests[i].given;
  }
  const BySupply<std::string> why = reasons(round.shortages());
  for (std::size_t i = 0; i < order.size(); ++i) {
    Claim& claim = claims[i];
    result.vips[order[i]] = std::move(claim.vips);
    result.missing[order[i]] = missing_text(claim.service->kind, claim.missing, why);
    std::ranges::move(claim.diagnostics, std::back_inserter(result.diagnostics));
  }
  std::ranges::move(diagnostics(round.shortages()), std::back_inserter(result.diagnostics));
  result.pools = occupancy.use_after(round.changes(), ledger);
  result.changes = std::move(round.changes());
  return result;
}

}  // namespace vip
