#include "dns/resolver/loop_probe.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "dns/name.h"

namespace dns {
namespace {

using namespace std::chrono_literals;

constexpr auto kPause = 30s;
// A name that exists nowhere, under a top-level domain that never will (ICANN, 2024).
constexpr std::string_view kZone = "mesh-dns-loop.internal";

}  // namespace

Question LoopProbeNames::question(std::uint64_t upstream) const {
  const Name name =
      *Name::parse(token_ + '-' + std::to_string(upstream) + '.' + std::string(kZone));
  Query query;
  query.flags = 0x0100;  // RD
  query.qtype = static_cast<std::uint16_t>(Type::A);
  query.qname.assign(reinterpret_cast<const std::uint8_t*>(name.wire().data()), name.wire().size());
  return Question(query);
}

std::optional<std::uint64_t> LoopProbeNames::upstream_of(const Qname& qname) const {
  if (qname.labels != 3 || qname.label(1) != "mesh-dns-loop" || qname.label(2) != "internal") {
    return std::nullopt;
  }
  std::string_view label = qname.label(0);
  if (!label.starts_with(token_ + '-')) return std::nullopt;
  label.remove_prefix(token_.size() + 1);
  std::uint64_t upstream = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), upstream);
  if (error != std::errc() || end != label.data() + label.size()) return std::nullopt;
  return upstream;
}

bool LoopProbe::begin(Time now) {
  if (in_flight_ || (last_ && now - *last_ < kPause)) return false;
  in_flight_ = true;
  came_back_ = false;
  last_ = now;
  return true;
}

bool LoopProbe::came_back() {
  came_back_ = true;
  return !std::exchange(loops_, true);
}

bool LoopProbe::end(bool answered) {
  in_flight_ = false;
  if (came_back_) return false;
  // Nothing was learned: the next failure is a reason to probe again.
  if (!answered) last_.reset();
  return answered && std::exchange(loops_, false);
}

}  // namespace dns
