#include "kubernetes/wanted_statuses.h"

#include <boost/json.hpp>
#include <utility>

#include "kubernetes/decode.h"

namespace kubernetes {
namespace {

CustomId id_of(const ResourceStatus& status) {
  return {custom_kind(status.kind), {status.name_space, status.name}};
}

}  // namespace

StatusEdits WantedStatuses::set(std::span<const ResourceStatus> changed) {
  std::set<CustomId> ids = std::exchange(outdated_, {});
  for (const ResourceStatus& status : changed) {
    const CustomId id = id_of(status);
    if (status.json.empty()) {
      wanted_.erase(id);
    } else {
      const boost::json::value value = boost::json::parse(status.json);
      wanted_[id] = status_text(&value);
    }
    ids.insert(id);
  }
  return compare(ids);
}

StatusEdits WantedStatuses::set_all(std::span<const ResourceStatus> all) {
  for (const auto& [id, status] : std::exchange(wanted_, {})) outdated_.insert(id);
  return set(all);
}

StatusEdits WantedStatuses::status_changed(const CustomId& id) {
  if (outdated_.contains(id)) return {};
  return compare({id});
}

StatusEdits WantedStatuses::kind_changed(CustomKind kind) {
  std::set<CustomId> ids;
  for (auto at = wanted_.lower_bound({kind, {}}); at != wanted_.end() && at->first.kind == kind;
       ++at) {
    if (!outdated_.contains(at->first)) ids.insert(at->first);
  }
  return compare(ids);
}

StatusEdits WantedStatuses::compare(const std::set<CustomId>& ids) const {
  StatusEdits edits;
  for (const CustomId& id : ids) {
    StatusEdit edit{id, std::nullopt};
    const auto wanted = wanted_.find(id);
    auto actual = wanted == wanted_.end() ? std::nullopt : actual_(id);
    if (actual && actual->status != wanted->second) {
      edit.write = {id, std::move(actual->uid), actual->subresource, wanted->second};
    }
    edits.push_back(std::move(edit));
  }
  return edits;
}

}  // namespace kubernetes
