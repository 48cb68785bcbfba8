#include "pipeline/pipeline.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "hostname/generator.h"

namespace pipeline {
namespace {

using mesh::Changed;
using mesh::Service;

// A service that is given takes the place of a generated one, and the other way round: two changes
// of one identity are one.
void merge(std::vector<Changed<Service>>& changes, std::vector<Changed<Service>> more) {
  if (more.empty()) return;
  if (changes.empty()) {
    changes = std::move(more);
    return;
  }
  std::map<mesh::ServiceId, Changed<Service>*> by_id;
  for (Changed<Service>& changed : changes) by_id.emplace(changed.either().id(), &changed);
  std::vector<Changed<Service>> others;
  for (Changed<Service>& changed : more) {
    const auto found = by_id.find(changed.either().id());
    if (found == by_id.end()) {
      others.push_back(std::move(changed));
      continue;
    }
    if (changed.before) found->second->before = std::move(changed.before);
    if (changed.after) found->second->after = std::move(changed.after);
  }
  std::ranges::move(others, std::back_inserter(changes));
}

bool same_owner(const Service& a, const Service& b) {
  return a.kind == b.kind && a.meta.core_name() == b.meta.core_name();
}

bool same_ports(const Service& a, const Service& b) {
  return std::ranges::equal(a.ports, b.ports, [](const mesh::Port& x, const mesh::Port& y) {
    return x.port == y.port && x.is_udp() == y.is_udp() && x.name == y.name;
  });
}

}  // namespace

bool same_record(const std::optional<Served>& a, const std::optional<Served>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  if (a->addresses != b->addresses) return false;
  if (a->service == b->service) return true;
  return same_owner(*a->service, *b->service) && same_ports(*a->service, *b->service);
}

bool is_move(const NameChange& name) {
  return name.before && name.after && !same_owner(*name.before->service, *name.after->service);
}

std::string describe(const std::optional<Served>& served) {
  if (!served) return "";
  std::string text(mesh::to_string(served->service->kind));
  text.append(1, ' ').append(served->service->meta.core_name());
  for (const mesh::Ip& ip : served->addresses) text += ' ' + ip.to_string();
  return text;
}

Pipeline::Pipeline(const config::Settings& settings, std::vector<std::string> sources,
                   vip::Ledger ledger, bool renumber)
    : settings_(settings),
      renumber_(renumber),
      join_(std::move(sources)),
      defaults_(settings.locality().env),
      dataplane_services_(settings.locality()),
      names_(settings.zone, settings.cluster_domain()),
      matching_(settings.zone) {
  allocator_.emplace(policy(settings, renumber), std::move(ledger));
  // The default generators are there though nothing was delivered.
  mesh::Changes none;
  if (!settings.skip_hostname_generators) none.generators = defaults_.apply({});
  add(names_.apply(none).diagnostics);
}

void Pipeline::add(const mesh::DiagnosticChanges& diagnostics) {
  mesh::DiagnosticChanges changes = diagnostics;
  diagnostics_.apply(changes);
  std::ranges::move(changes.removed, std::back_inserter(found_.removed));
  std::ranges::move(changes.added, std::back_inserter(found_.added));
}

void Pipeline::report(const mesh::DiagnosticChanges& diagnostics) {
  add(diagnostics);
}

mesh::DiagnosticChanges Pipeline::take_diagnostics() {
  mesh::cancel(found_);
  return std::exchange(found_, {});
}

// Keeps what the hostname is served with at this moment, before it changes.
void Pipeline::touch(const std::string& hostname, const ServicePointer& before) {
  const auto [at, added] = touched_.try_emplace(hostname);
  if (added && before) at->second = Served{before, vips(*before)};
}

void Pipeline::request(const Changed<Service>& changed) {
  if (changed.after) {
    allocator_->change(request_of(*changed.after));
  } else {
    allocator_->remove(changed.before->id());
  }
  changed_[changed.either().id()] = changed;
}

void Pipeline::take(std::size_t source, mesh::Changes changes,
                    const mesh::DiagnosticChanges& diagnostics) {
  Joined joined = join_.take(source, std::move(changes));
  add(diagnostics);
  add(joined.diagnostics);
  mesh::Changes& all = joined.changes;
  for (const auto& changed : all.generators) {
    const std::string name = changed.either().meta.core_name();
    if (changed.after) {
      given_generators_[name] = changed.after;
    } else {
      given_generators_.erase(name);
    }
  }
  if (!settings_.skip_hostname_generators) {
    all.generators = defaults_.apply(std::move(all.generators));
  }
  // A Kubernetes zone makes its MeshServices of Services, never of Dataplanes.
  if (settings_.generate_from_dataplanes && settings_.mode == config::Mode::Universal) {
    auto generated = dataplane_services_.apply(all);
    add(generated.diagnostics);
    merge(all.services, std::move(generated.services));
  }

  const hostname::Update named = names_.apply(all);
  add(named.diagnostics);
  for (const hostname::OwnerChange& owner : named.owners) {
    if (owner.mesh() == settings_.mesh) touch(owner.hostname, owner.before);
  }
  for (const ServicePointer& service : named.outcomes) changed_[service->id()] = {nullptr, service};
  zones_changed_ = zones_changed_ || named.zones;

  const mesh::MatchingChange matched = matching_.apply(all);
  add(matched.diagnostics);
  for (const Service* service : matched.services) {
    const mesh::ServiceId id = service->id();
    changed_[id] = {nullptr, names_.find(id)};
  }

  for (const Changed<Service>& changed : all.services) request(changed);
}

std::span<const vip::Change> Pipeline::propose(vip::Seconds now) {
  proposal_ = allocator_->propose(now);
  return proposal_.changes;
}

Update Pipeline::accept() {
  Update update;
  update.vip_changes = proposal_.changes.size();
  for (const vip::Served& served : proposal_.served) {
    const ServicePointer service = names_.find(served.service);
    if (!service) continue;
    changed_[served.service] = {nullptr, service};
    if (service->meta.mesh != settings_.mesh) continue;
    for (const std::string& hostname : names_.hostnames(*service)) touch(hostname, service);
  }
  allocator_->accept(proposal_);
  add(proposal_.diagnostics);
  proposal_ = {};

  for (auto& [hostname, before] : touched_) {
    std::optional<Served> after = served(hostname);
    if (same_record(before, after)) continue;
    update.names.push_back({hostname, std::move(before), std::move(after)});
  }
  touched_.clear();
  for (auto& [id, changed] : changed_) {
    if (changed.after) {
      update.services.push_back(std::move(changed.after));
    } else {
      update.gone.push_back(std::move(changed.before));
    }
  }
  changed_.clear();
  if (std::exchange(zones_changed_, false)) {
    std::vector<std::string> zones = dns_zones(names_.generators(), settings_);
    update.zones = zones != zones_;
    zones_ = std::move(zones);
  }
  return update;
}

void Pipeline::restart_allocation(vip::Ledger ledger) {
  allocator_.emplace(policy(settings_, renumber_), std::move(ledger));
  names_.visit([&](const ServicePointer& service) { request({service, service}); });
}

std::vector<mesh::Ip> Pipeline::vips(const Service& service) const {
  if (borrows_vips(service)) return service.vips;
  return allocator_->vips(service.id());
}

std::optional<Served> Pipeline::served(std::string_view hostname) const {
  ServicePointer service = names_.owner(settings_.mesh, hostname);
  if (!service) return std::nullopt;
  std::vector<mesh::Ip> addresses = vips(*service);
  return Served{std::move(service), std::move(addresses)};
}

std::vector<const Service*> Pipeline::members(const Service& service) const {
  if (service.kind != mesh::Kind::MeshMultiZoneService) return {};
  const auto members = matching_.members(service);
  return {members.begin(), members.end()};
}

ServiceView Pipeline::view(const Service& service) const {
  return {service,
          names_.generators(),
          names_.outcomes(service),
          vips(service),
          allocator_->missing(service.id()),
          matching_.proxies(service),
          members(service)};
}

Summary Pipeline::summary() const {
  Summary summary;
  summary.problems = diagnostics_.first();
  summary.services = services();
  const hostname::Names::Counts counts = names_.counts();
  summary.collisions = counts.collisions;
  summary.template_errors = counts.template_errors;
  summary.cluster_domain = counts.cluster_domain;
  summary.without_vip = without_vip();
  summary.pools = allocator_->pools();
  return summary;
}

mesh::Resources Pipeline::resources() const {
  mesh::Resources resources;
  names_.visit([&](const ServicePointer& service) {
    if (service->origin != mesh::Origin::Dataplanes) resources.services.push_back(service);
  });
  for (const auto& [name, generator] : given_generators_) {
    resources.generators.push_back(generator);
  }
  matching_.visit_dataplanes(
      [&](const auto& dataplane) { resources.dataplanes.push_back(dataplane); });
  std::ranges::sort(resources.services, {}, [](const auto& service) { return service->id(); });
  return resources;
}

}  // namespace pipeline
