#include "app/dns_output.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/host.h"
#include "pipeline/zone.h"

namespace app {
namespace {

// Above this share of the names, a zone is built faster than it is changed.
constexpr std::size_t kManyChanges = 8;

dns::HostData host_of(const pipeline::TableEntry& entry) {
  mesh::Service service;
  for (const pipeline::TablePort& port : entry.ports) {
    service.ports.push_back(
        {port.port, std::string(port.name), port.port, port.udp ? "udp" : "tcp"});
  }
  return pipeline::host_data(service, entry.addresses);
}

}  // namespace

// The serial of the SOA: seconds of the Unix time, and one more for each zone within a second.
std::uint32_t DnsOutput::next_serial() const {
  const auto time = static_cast<std::uint32_t>(host::unix_time());
  return zone_ == nullptr ? time : std::max(zone_->settings().serial + 1, time);
}

std::shared_ptr<const dns::Zone> DnsOutput::start(const pipeline::LastNames& last) {
  dns::ZoneBuilder builder = pipeline::zone_builder(
      settings_, pipeline::zone_settings(settings_, last.zones, next_serial()));
  pipeline::TableEntry entry;
  for (pipeline::LastNames::Reader reader(last); reader.next(entry);) {
    const auto owner = dns::Name::parse(entry.hostname);
    if (!owner) continue;  // only a damaged file holds such a name
    const dns::HostData host = host_of(entry);
    builder.add_host(*owner, host.v4, host.v6, host.ports);
  }
  zone_ = std::move(builder).build();
  return zone_;
}

std::shared_ptr<const dns::Zone> DnsOutput::start(std::span<const std::string> zones,
                                                  bool all_known) {
  zone_ = pipeline::zone_without_table(settings_, zones, all_known, next_serial());
  return zone_;
}

std::shared_ptr<const dns::Zone> DnsOutput::whole(const pipeline::Pipeline& now) const {
  dns::ZoneBuilder builder = pipeline::zone_builder(
      settings_, pipeline::zone_settings(settings_, now.zones(), next_serial()));
  now.visit_names([&](std::string_view hostname, const pipeline::ServicePointer& service,
                      const std::vector<mesh::Ip>& addresses) {
    const dns::HostData host = pipeline::host_data(*service, addresses);
    builder.add_host(*dns::Name::parse(hostname), host.v4, host.v6, host.ports);
  });
  return std::move(builder).build();
}

std::shared_ptr<const dns::Zone> DnsOutput::changed(const pipeline::Update& update,
                                                    const pipeline::Pipeline& now) const {
  std::vector<dns::HostChange> hosts;
  hosts.reserve(update.names.size());
  for (const pipeline::NameChange& name : update.names) {
    dns::HostChange host{*dns::Name::parse(name.hostname), std::nullopt};
    if (name.after) host.host = pipeline::host_data(*name.after->service, name.after->addresses);
    hosts.push_back(std::move(host));
  }
  auto zone = zone_->with(hosts, next_serial());
  if (!update.zones) return zone;
  return zone->rebuilt(pipeline::zone_settings(settings_, now.zones(), zone->settings().serial));
}

void DnsOutput::publish(const pipeline::Update& update, const pipeline::Pipeline& now) {
  const bool first = !std::exchange(of_sources_, true);
  // The serial tells clients that something is new.
  if (!first && update.names.empty() && !update.zones) return;
  const bool many = update.names.size() * kManyChanges > zone_->hosts();
  zone_ = first || many ? whole(now) : changed(update, now);
  publish_(zone_);
}

pipeline::OutputState DnsOutput::state() const {
  return {.name = "dns"};  // its names and its serial are those of the table
}

}  // namespace app
