// The build, followed: resources of several sources in, what is served out, at a cost that follows
// the change and not the mesh. At any time it has what build() makes of all resources together.
//
//   pipeline.take(source, changes) ...        as sources deliver
//   const auto& changes = pipeline.propose(now);
//   store.commit(changes)                     VIPs are stored before they are served
//   const Update update = pipeline.accept();  what the outputs publish
//
// A proposal that was not committed is dropped, and the next one covers the same changes again:
// until then what is served stays as it is.
//
// Pure: no I/O, no clock. Owned by one thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "hostname/defaults.h"
#include "hostname/names.h"
#include "mesh/change.h"
#include "mesh/from_dataplanes.h"
#include "mesh/matching.h"
#include "pipeline/build.h"
#include "pipeline/join.h"
#include "pipeline/service_view.h"
#include "pipeline/summary.h"
#include "vip/allocator.h"

namespace pipeline {

using ServicePointer = std::shared_ptr<const mesh::Service>;

// What a hostname is served with.
struct Served {
  ServicePointer service;
  std::vector<mesh::Ip> addresses;  // IPv4 first
};

// A hostname of the mesh that is served with something else now.
struct NameChange {
  std::string hostname;
  std::optional<Served> before;  // nothing: it was not served
  std::optional<Served> after;   // nothing: it is not served any more
};

// Whether both are the same to who asks, and have the same owner.
bool same_record(const std::optional<Served>& a, const std::optional<Served>& b);
// The name passed from one service to another.
bool is_move(const NameChange& name);
// "MeshService redis 241.0.0.1"; "" of nothing.
std::string describe(const std::optional<Served>& served);

struct Update {
  std::vector<NameChange> names;  // by hostname
  bool zones = false;             // the DNS zones are others
  std::size_t vip_changes = 0;    // of the ledger
  // Services whose status may be another now, those that are there; and those that are gone.
  std::vector<ServicePointer> services;
  std::vector<ServicePointer> gone;
};

class Pipeline {
 public:
  // `sources`: their names, in order of precedence. `ledger`: what the store holds.
  Pipeline(const config::Settings& settings, std::vector<std::string> sources, vip::Ledger ledger,
           bool renumber);

  // What changed in the source of that number. Costs what it changes.
  void take(std::size_t source, mesh::Changes changes, const mesh::DiagnosticChanges& diagnostics);
  // Adds to what is wrong what others find.
  void report(const mesh::DiagnosticChanges& diagnostics);

  // What is to be stored before the result may be served.
  std::span<const vip::Change> propose(vip::Seconds now);
  // REQUIRES: the last proposal is stored.
  Update accept();
  // The store's leases are others than the ledger has: all services request their VIPs again. Costs
  // the mesh.
  void restart_allocation(vip::Ledger ledger);
  // What is reported now and was not at the last call, and the other way round.
  mesh::DiagnosticChanges take_diagnostics();

  // What follows is as of the last accept().

  // Calls visit(hostname, service, addresses) for each hostname of the mesh, in no order.
  template <typename Visit>
  void visit_names(Visit visit) const {
    names_.visit_owned([&](std::string_view hostname, const ServicePointer& service) {
      if (service->meta.mesh == settings_.mesh) visit(hostname, service, vips(*service));
    });
  }
  std::vector<mesh::Ip> vips(const mesh::Service& service) const;
  // What a hostname of the mesh is served with; nothing if it isn't.
  std::optional<Served> served(std::string_view hostname) const;
  // The DNS zones of the table, sorted.
  const std::vector<std::string>& zones() const { return zones_; }
  // One service with all that is known of it. REQUIRES: it is there.
  ServiceView view(const mesh::Service& service) const;
  Summary summary() const;  // costs a copy of all diagnostics
  // Parts of it.
  std::size_t services() const { return names_.services(); }
  std::size_t without_vip() const { return allocator_->missing_services(); }
  std::size_t count(mesh::Severity severity) const { return diagnostics_.count(severity); }
  const vip::Ledger& ledger() const { return allocator_->ledger(); }
  // Everything that the sources have, as one: what build() is given to make the whole again. Costs
  // a pointer for each resource.
  mesh::Resources resources() const;

 private:
  void touch(const std::string& hostname, const ServicePointer& before);
  void request(const mesh::Changed<mesh::Service>& changed);
  void add(const mesh::DiagnosticChanges& diagnostics);
  std::vector<const mesh::Service*> members(const mesh::Service& service) const;

  const config::Settings& settings_;
  const bool renumber_;
  Join join_;
  hostname::Defaults defaults_;
  mesh::DataplaneServices dataplane_services_;
  hostname::Names names_;
  mesh::Matching matching_;
  std::optional<vip::Allocator> allocator_;
  std::map<std::string, std::shared_ptr<const mesh::HostnameGenerator>> given_generators_;
  std::vector<std::string> zones_;
  mesh::DiagnosticSet diagnostics_;
  mesh::DiagnosticChanges found_;  // since take_diagnostics()

  // Since the last accept(): the hostnames that may be served with something else, and with what
  // they are served; the services whose status may be another.
  std::map<std::string, std::optional<Served>, std::less<>> touched_;
  std::map<mesh::ServiceId, mesh::Changed<mesh::Service>> changed_;
  bool zones_changed_ = true;
  vip::Proposal proposal_;
};

}  // namespace pipeline
