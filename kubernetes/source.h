// A cluster as a source of resources: what its API server has of Kuma's custom resources, and the
// MeshServices that are generated from its Services.
//
// Watches Services, EndpointSlices, Pods, Namespaces and CustomResourceDefinitions, and of Kuma's
// kinds those whose definition is installed, which may come and go. Also writes the status of
// custom resources, if the settings enable that.
//
// Owned by one thread, the one that runs `io`, and destroyed before `io` is. Calls back on that
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "config/loader.h"
#include "config/settings.h"
#include "kubernetes/access.h"
#include "kubernetes/cluster_resources.h"
#include "kubernetes/outage.h"
#include "kubernetes/wanted_statuses.h"

namespace boost::asio {
class io_context;
}

namespace kubernetes {

struct SourceSettings {
  Access access;
  config::FromServices from = config::FromServices::Labelled;
  config::LoaderSettings resources;  // how custom resources are read
  bool write_status = false;         // of custom resources
  std::string identity;              // ours among all instances; for writing
};

class Source {
 public:
  // `changed` is called when take_changes() may return something, and after each whole list;
  // `report` with what fails, once for each cause, and when that has ended.
  Source(boost::asio::io_context& io, SourceSettings settings, std::function<void()> changed,
         std::function<void(const Event&)> report);
  ~Source();

  // Everything was received at least once. Before that, names that exist would be missing.
  bool synced() const;
  // What keeps a collection from being followed now, and since when; "" if nothing does.
  std::string problem() const;
  std::optional<std::chrono::steady_clock::time_point> behind_since() const;
  // Bytes received so far.
  std::uint64_t received() const;

  // What has changed since the last call. The work follows the changed objects.
  ResourceChanges take_changes();
  // The state behind all changes that were taken. The work follows the mesh.
  Snapshot snapshot() const;

  // Sets the statuses that a build changed. A status is written while it differs from the one that
  // the API server has, also when somebody else changes it back, if the settings enable that and
  // this instance is the one that writes. Called after each build, also with nothing: a resource
  // that has changed gets its status then.
  void write(std::span<const ResourceStatus> changed);
  // The same with all statuses. The work follows the mesh.
  void write_all(std::span<const ResourceStatus> statuses);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubernetes
