// A cluster as a source of resources: what its API server has of Kuma's custom resources, and the
// MeshServices that its Services imply.
//
// Watches Services, EndpointSlices, Pods, Namespaces and CustomResourceDefinitions, and of Kuma's
// kinds those whose definition is installed, which may come and go.
//
// Owned by one thread, the one that runs `io`, and gone before `io` is. Calls back on that thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/loader.h"
#include "kubernetes/access.h"
#include "kubernetes/generate.h"
#include "mesh/diagnostic.h"
#include "mesh/resources.h"

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

struct Snapshot {
  mesh::Resources resources;  // given and generated, in any order
  mesh::Diagnostics diagnostics;
};

// The status that a custom resource should have.
struct Status {
  mesh::Kind kind = mesh::Kind::MeshService;
  std::string name_space;
  std::string name;
  std::string json;  // an object; of it addresses, vips, vip and hostnameGenerators count
};

// What there is to tell a person.
struct Event {
  bool bad = true;
  std::string text;
};

class Source {
 public:
  // `changed` is called when snapshot() would be another one; `tell` of what fails, once for each
  // cause, and when all is well again.
  Source(boost::asio::io_context& io, SourceSettings settings, std::function<void()> changed,
         std::function<void(const Event&)> tell);
  ~Source();

  // Everything was received at least once. Before that a snapshot would lack names that exist.
  bool synced() const;
  // What keeps a collection from being followed at this moment, and since when; "" if nothing does.
  std::string problem() const;
  std::optional<std::chrono::steady_clock::time_point> behind_since() const;
  // Octets received so far.
  std::uint64_t received() const;
  Snapshot snapshot() const;
  // Has these written, those of resources that the API server has and whose status is another, if
  // the settings say so and we are the instance that writes.
  void write(const std::vector<Status>& statuses);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubernetes
