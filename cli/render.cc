#include "cli/render.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "cli/yaml_text.h"
#include "explain/ask.h"
#include "pipeline/resource_json.h"
#include "pipeline/zone.h"

namespace cli {
namespace {

// One item a line: a table of 100,000 services is never held as one text.
template <typename Item>
void render_array(std::size_t size, const Item& item, std::ostream& out) {
  out << '[';
  for (std::size_t i = 0; i < size; ++i) {
    out << (i == 0 ? "\n" : ",\n") << boost::json::serialize(item(i));
  }
  out << ']';
}

void render_diagnostics_member(const mesh::Diagnostics& diagnostics, std::ostream& out) {
  out << "\"diagnostics\":";
  render_array(
      diagnostics.size(), [&](std::size_t i) { return pipeline::diagnostic_json(diagnostics[i]); },
      out);
}

void render_json(const pipeline::Build& build, const mesh::Diagnostics& diagnostics,
                 std::ostream& out) {
  out << "{\"items\":";
  render_array(
      build.resources.services.size(),
      [&](std::size_t i) { return pipeline::service_json(view(build, i)); }, out);
  out << ",\n";
  render_diagnostics_member(diagnostics, out);
  out << "}\n";
}

void render_yaml(const pipeline::Build& build, std::ostream& out) {
  for (std::size_t i = 0; i < build.resources.services.size(); ++i) {
    out << "---\n" << yaml_text(pipeline::service_json(view(build, i)));
  }
}

// One line an address, all its names behind it.
void render_hosts(const pipeline::Table& table, std::ostream& out) {
  std::map<mesh::Ip, std::vector<std::string_view>> names;
  pipeline::TableEntry entry;
  for (pipeline::Table::Reader reader(table); reader.next(entry);) {
    for (const mesh::Ip& ip : entry.addresses) names[ip].push_back(entry.hostname);
  }
  for (const auto& [ip, hostnames] : names) {
    out << ip.to_string();
    for (const std::string_view hostname : hostnames) out << ' ' << hostname;
    out << '\n';
  }
}

class ZoneText {
 public:
  ZoneText(const dns::Zone& zone, std::ostream& out) : zone_(zone), out_(out) {}

  void rrset(const std::string& owner, const std::string& type) {
    std::vector<std::string> lines = explain::ask(zone_, owner, type).answer;
    std::ranges::sort(lines);  // the order of an answer rotates
    for (const std::string& line : lines) out_ << line << '\n';
  }

 private:
  const dns::Zone& zone_;
  std::ostream& out_;
};

void render_zone(const pipeline::Table& table, config::Settings settings, std::ostream& out) {
  settings.dns.max_addresses = 65535;  // a zone file has all
  const auto zone = pipeline::make_zone(table, settings, 1);
  ZoneText text(*zone, out);
  for (const dns::Name& apex : zone->settings().apexes) {
    text.rrset(apex.to_string(), "SOA");
    text.rrset(apex.to_string(), "NS");
  }
  std::set<mesh::Ip> addresses;
  pipeline::TableEntry entry;
  for (pipeline::Table::Reader reader(table); reader.next(entry);) {
    const std::string owner = std::string(entry.hostname) + '.';
    for (const char* type : {"A", "AAAA", "SRV"}) text.rrset(owner, type);
    for (const pipeline::TablePort& port : entry.ports) {
      text.rrset('_' + std::string(port.name) + (port.udp ? "._udp." : "._tcp.") + owner, "SRV");
    }
    addresses.insert(entry.addresses.begin(), entry.addresses.end());
  }
  for (const mesh::Ip& ip : addresses) text.rrset(explain::reverse_name(ip), "PTR");
}

}  // namespace

void render_diagnostics(const mesh::Diagnostics& diagnostics, std::ostream& out) {
  out << '{';
  render_diagnostics_member(diagnostics, out);
  out << "}\n";
}

void render(const pipeline::Build& build, const config::Settings& settings,
            const mesh::Diagnostics& diagnostics, Format format, std::ostream& out) {
  switch (format) {
    case Format::Yaml:
      return render_yaml(build, out);
    case Format::Json:
      return render_json(build, diagnostics, out);
    case Format::Hosts:
      return render_hosts(build.table, out);
    case Format::Zone:
      return render_zone(build.table, settings, out);
  }
}

}  // namespace cli
