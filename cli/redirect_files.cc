#include "cli/redirect_files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "cli/probe.h"
#include "config/loader.h"
#include "host/host.h"
#include "host/upstreams.h"
#include "pipeline/build.h"
#include "pipeline/zone.h"
#include "redirect/process.h"
#include "redirect/resolv_conf.h"
#include "redirect/resolved.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxNameservers = 3;  // glibc and musl read no more

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  errno = 0;
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream file(path, std::ios::trunc);
  file << text << std::flush;
  if (!file) throw std::system_error(errno == 0 ? EIO : errno, std::generic_category(), path);
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

host::Upstreams upstreams_with(const config::Settings& settings, const std::string& resolv_conf) {
  return host::make_upstreams(settings, resolv_conf, host::endpoints(settings.listen),
                              host::host_addresses());
}

void add_probes(const std::vector<redirect::Target>& targets, Reasons& reasons) {
  for (const redirect::Target& target : targets) {
    const std::string why = probe(target);
    if (!why.empty()) {
      reasons.risks.push_back("mesh-dns doesn't serve " + redirect::to_string(target) + ": " + why +
                              "; is `mesh-dns serve` running with the same settings?");
    }
  }
}

// What serve will read once `text` is the resolv.conf.
std::string upstream_text(const config::Settings& settings, const redirect::ResolvConfPaths& paths,
                          const std::string& text) {
  if (settings.upstream.resolv_conf == paths.before) return redirect::original(paths);
  if (same_file(settings.upstream.resolv_conf, paths.file)) return text;
  return host::read_resolv_conf(settings);
}

// The zones that mesh-dns is authoritative for with these resources, those of its VIPs' addresses
// included.
std::vector<std::string> zones_of(const CommandLine& line, const config::Settings& settings,
                                  Streams streams) {
  const auto& paths = line.paths.empty() ? settings.resources : line.paths;
  config::Loader loader(paths, {settings.locality(), settings.limits, config::UnknownFields::Warn});
  config::Load load = loader.load();
  loader.complete(load);
  for (const mesh::Diagnostic& diagnostic : load.diagnostics) {
    if (diagnostic.severity == mesh::Severity::Error) {
      streams.err << mesh::to_string(diagnostic) << '\n';
    }
  }
  const pipeline::Build built =
      pipeline::build(std::move(load.resources), settings, vip::Ledger(), 0);
  if (built.table.zones().empty()) return {};
  std::vector<std::string> zones;
  const auto zone = pipeline::make_zone(built.table, settings, 1);
  for (const dns::Name& apex : zone->settings().apexes) zones.push_back(apex.to_string());
  return zones;
}

void restart_resolved(const RedirectOptions& options, Streams streams) {
  const std::vector<std::string> command = {"systemctl", "restart", "systemd-resolved"};
  if (!options.restart) {
    streams.out << "to do: systemctl restart systemd-resolved (--restart does it)\n";
    return;
  }
  const redirect::Finished finished = redirect::run(command);
  if (!finished.found || finished.status != 0) {
    throw std::runtime_error("systemctl restart systemd-resolved failed: " +
                             (finished.found ? finished.err : "there is no systemctl"));
  }
  streams.out << "systemd-resolved is restarted\n";
}

}  // namespace

bool may_go_on(const Reasons& reasons, const RedirectOptions& options, Streams streams) {
  const auto print = [&](const char* what, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) streams.err << what << text << '\n';
  };
  const bool forced = options.force || options.dry_run;
  print("error: ", reasons.errors);
  print(forced ? "warning: " : "error: ", reasons.risks);
  print("warning: ", reasons.warnings);
  if (!reasons.errors.empty()) {
    streams.err << "mesh-dns: nothing was changed\n";
    return false;
  }
  if (reasons.risks.empty() || forced) return true;
  streams.err << "mesh-dns: nothing was changed; --force does it all the same\n";
  return false;
}

int install_resolv_conf(const CommandLine& line, const config::Settings& settings,
                        Streams streams) {
  const redirect::ResolvConfPaths paths;
  std::vector<redirect::Target> servers = targets(settings.listen);
  std::erase_if(servers, [](const redirect::Target& target) { return target.port != kDnsPort; });
  servers.resize(std::min(servers.size(), kMaxNameservers));
  std::vector<mesh::Ip> addresses;
  for (const redirect::Target& server : servers) addresses.push_back(server.address);
  const std::string text = redirect::with_nameservers(redirect::original(paths), addresses);
  const host::Upstreams upstreams = upstreams_with(settings, upstream_text(settings, paths, text));
  Reasons reasons = check_resolv_conf(settings, upstreams, redirect::resolved_host(), paths.before);
  add_probes(servers, reasons);
  if (!may_go_on(reasons, line.redirect, streams)) return kExitErrors;
  if (line.redirect.dry_run) {
    streams.out << text;
    return 0;
  }
  redirect::install(paths, text);
  streams.out << paths.file << " names mesh-dns; the one before is " << paths.before
              << "\nundo: mesh-dns redirect remove, or mv " << paths.before << ' ' << paths.file
              << '\n';
  return 0;
}

int install_drop_in(const CommandLine& line, const config::Settings& settings, Streams streams) {
  const std::vector<std::string> zones = zones_of(line, settings, streams);
  const std::vector<redirect::Target> servers = targets(settings.listen);
  Reasons reasons =
      check_resolved(settings, upstreams_with(settings, host::read_resolv_conf(settings)),
                     redirect::resolved_host(), zones);
  add_probes(servers, reasons);
  if (!may_go_on(reasons, line.redirect, streams)) return kExitErrors;
  const std::string text = redirect::drop_in(servers, zones);
  if (line.redirect.dry_run) {
    streams.out << text;
    return 0;
  }
  const bool changed = read_file(redirect::kDropIn) != text;
  if (changed) write_file(redirect::kDropIn, text);
  streams.out << redirect::kDropIn << (changed ? " is written" : " is as it was") << '\n';
  if (changed || line.redirect.restart) restart_resolved(line.redirect, streams);
  return 0;
}

void remove_files(const RedirectOptions& options, Streams streams) {
  const redirect::ResolvConfPaths paths;
  switch (redirect::restore(paths)) {
    case redirect::Restored::Nothing:
      break;
    case redirect::Restored::Back:
      streams.out << paths.file << " is as it was before\n";
      break;
    case redirect::Restored::NotOursAnyMore:
      streams.out << paths.file << " is somebody else's by now and stays; " << paths.before
                  << " is deleted\n";
      break;
  }
  std::error_code error;
  if (fs::remove(redirect::kDropIn, error)) {
    streams.out << redirect::kDropIn << " is deleted\n";
    restart_resolved(options, streams);
  }
  if (error) throw std::system_error(error, redirect::kDropIn);
}

void show_files(std::ostream& out) {
  const redirect::ResolvConfPaths paths;
  const bool ours = redirect::is_ours(read_file(paths.file));
  out << "resolv.conf: "
      << (ours ? paths.file + " names mesh-dns; the one before is " + paths.before : "not changed")
      << '\n';
  const std::string drop_in = read_file(redirect::kDropIn);
  out << "systemd-resolved: "
      << (drop_in.empty() ? "not told\n" : std::string(redirect::kDropIn) + '\n' + drop_in);
}

}  // namespace cli
