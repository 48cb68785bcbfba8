// The statuses that custom resources should have, and which of them differ from what the API server
// has. Remembers all, so that callers hand over only what changes.
//
// Owned by one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kubernetes/custom_resource.h"
#include "kubernetes/status_queue.h"
#include "mesh/resources.h"

namespace kubernetes {

// The status that a custom resource should have.
struct ResourceStatus {
  mesh::Kind kind = mesh::Kind::MeshService;
  std::string name_space;
  std::string name;
  // An object, of which addresses, vips, vip and hostnameGenerators count. "": we have no status
  // for the resource (any more), and leave what it has.
  std::string json;
};

// A custom resource as the API server has it.
struct ActualStatus {
  std::string uid;
  bool subresource = false;
  std::string status;  // status_text()
};

// What is to be done about one resource: `write`, or nothing.
struct StatusEdit {
  CustomId id;
  std::optional<StatusWrite> write;

  friend bool operator==(const StatusEdit&, const StatusEdit&) = default;
};
using StatusEdits = std::vector<StatusEdit>;

class WantedStatuses {
 public:
  using Actual = std::function<std::optional<ActualStatus>(const CustomId&)>;

  // `actual` returns nothing of a resource that the API server doesn't have.
  explicit WantedStatuses(Actual actual) : actual_(std::move(actual)) {}

  // Sets the statuses of a build. Those that it doesn't name stay what they were.
  StatusEdits set(std::span<const ResourceStatus> changed);
  // The same with all statuses of a build; of what it doesn't name there are none any more.
  StatusEdits set_all(std::span<const ResourceStatus> all);

  // The API server has another status of it: somebody else may have changed it back.
  StatusEdits status_changed(const CustomId& id);
  // The resource itself has changed, so that the status that is known may be outdated: it is
  // compared after the next build.
  void resource_changed(const CustomId& id) { outdated_.insert(id); }
  // Its definition has.
  StatusEdits kind_changed(CustomKind kind);

 private:
  StatusEdits compare(const std::set<CustomId>& ids) const;

  const Actual actual_;
  std::map<CustomId, std::string> wanted_;  // as status_text() gives it
  std::set<CustomId> outdated_;
};

}  // namespace kubernetes
