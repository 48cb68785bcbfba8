#include "kubernetes/election.h"

#include <boost/json.hpp>

#include "kubernetes/decode.h"

namespace kubernetes {
namespace {

namespace json = boost::json;

std::int64_t number_at(const json::object& spec, std::string_view key) {
  const json::value* value = spec.if_contains(key);
  const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
  return number == nullptr ? 0 : *number;
}

}  // namespace

std::optional<ElectionLease> parse_lease(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr || text_at(*object, "kind") != "Lease") return std::nullopt;
  ElectionLease lease;
  lease.version = text_at(*object, "metadata.resourceVersion");
  lease.holder = text_at(*object, "spec.holderIdentity");
  lease.renewed = text_at(*object, "spec.renewTime");
  lease.acquired = text_at(*object, "spec.acquireTime");
  if (const json::value* spec = object->if_contains("spec"); spec != nullptr && spec->is_object()) {
    lease.duration = number_at(spec->get_object(), "leaseDurationSeconds");
    lease.transitions = number_at(spec->get_object(), "leaseTransitions");
  }
  return lease;
}

std::string to_json(const ElectionLease& lease, std::string_view name,
                    std::string_view name_space) {
  json::object meta{{"name", name}, {"namespace", name_space}};
  if (!lease.version.empty()) meta["resourceVersion"] = lease.version;
  return json::serialize(
      json::object{{"apiVersion", "coordination.k8s.io/v1"},
                   {"kind", "Lease"},
                   {"metadata", std::move(meta)},
                   {"spec", json::object{{"holderIdentity", lease.holder},
                                         {"leaseDurationSeconds", lease.duration},
                                         {"acquireTime", lease.acquired},
                                         {"renewTime", lease.renewed},
                                         {"leaseTransitions", lease.transitions}}}});
}

std::optional<ElectionLease> Election::next(const std::optional<ElectionLease>& seen,
                                            Clock::time_point now, const std::string& time) {
  if (seen_ != seen) {
    seen_ = seen;
    seen_since_ = now;
  }
  const bool mine = seen && seen->holder == me_;
  const bool free =
      !seen || seen->holder.empty() ||
      now - seen_since_ >= std::chrono::seconds(std::max<std::int64_t>(1, seen->duration));
  if (!mine) lost();
  if (!mine && !free) return std::nullopt;
  ElectionLease lease = seen.value_or(ElectionLease());
  if (!mine) {
    lease.acquired = time;
    lease.transitions += seen ? 1 : 0;
  }
  lease.holder = me_;
  lease.renewed = time;
  lease.duration = kDuration.count();
  return lease;
}

}  // namespace kubernetes
