#include "pipeline/reconcile.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace pipeline {
namespace {

// The service that a name of the table belonged to, as far as the table knows it.
Served served_of(const TableEntry& entry) {
  auto service = std::make_shared<mesh::Service>();
  service->kind = entry.owner_kind;
  service->meta.name = entry.owner_name;
  for (const TablePort& port : entry.ports) {
    service->ports.push_back(
        {port.port, std::string(port.name), port.port, port.udp ? "udp" : "tcp"});
  }
  return {std::move(service), entry.addresses};
}

}  // namespace

void reconcile(const LastNames& last, Update& update) {
  const auto hostname = [](const NameChange& name) { return std::string_view(name.hostname); };
  std::vector<NameChange> removed;
  TableEntry entry;
  for (LastNames::Reader reader(last); reader.next(entry);) {
    const auto found = std::ranges::lower_bound(update.names, entry.hostname, {}, hostname);
    if (found != update.names.end() && found->hostname == entry.hostname) {
      found->before = served_of(entry);
    } else {
      removed.push_back({std::string(entry.hostname), served_of(entry), std::nullopt});
    }
  }
  std::erase_if(update.names,
                [](const NameChange& name) { return same_record(name.before, name.after); });
  const auto middle = static_cast<std::ptrdiff_t>(update.names.size());
  std::ranges::move(removed, std::back_inserter(update.names));
  std::ranges::sort(update.names.begin() + middle, update.names.end(), {}, hostname);
  std::ranges::inplace_merge(update.names, update.names.begin() + middle, {}, hostname);
}

void store(const Pipeline& pipeline, const std::set<std::string>& hostnames, LastTable& table) {
  LastTableChanges changes;
  changes.zones = pipeline.zones();
  std::deque<std::string> core_names;  // what the entries view
  std::deque<ServicePointer> services;
  for (const std::string& hostname : hostnames) {
    auto served = pipeline.served(hostname);
    if (!served) {
      changes.removed.push_back(hostname);
      continue;
    }
    const mesh::Service& service = *services.emplace_back(std::move(served->service));
    TableEntry entry{hostname,
                     service.kind,
                     core_names.emplace_back(service.meta.core_name()),
                     std::move(served->addresses),
                     {}};
    for (const mesh::Port& port : service.ports) {
      entry.ports.push_back({port.port, port.is_udp(), port.name});
    }
    changes.put.push_back(std::move(entry));
  }
  table.apply(changes);
}

}  // namespace pipeline
