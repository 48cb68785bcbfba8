#include "cli/commands.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "admin/status_text.h"
#include "cli/plan.h"
#include "cli/render.h"
#include "config/loader.h"
#include "explain/explain.h"
#include "explain/story.h"
#include "host/host.h"
#include "host/upstreams.h"
#include "http/client.h"
#include "pipeline/build.h"
#include "pipeline/last_table.h"
#include "redirect/resolved.h"
#include "state/file.h"
#include "vip/sqlite_store.h"

namespace cli {
namespace {

// For the connection, and for the answer: a whole status takes milliseconds.
constexpr std::chrono::seconds kStatusPatience{5};

// What the state file holds: nothing when there is no such file.
struct State {
  vip::Ledger ledger;
  pipeline::Table table;
};

State read_state(const config::Settings& settings) {
  std::error_code unknown;
  if (!std::filesystem::exists(settings.state, unknown) && !unknown) return {};
  const auto file = state::File::open(settings.state, state::Open::ReadOnly);
  file->check();
  State state{vip::SqliteStore(*file).load(), {}};
  if (const auto names = pipeline::LastTable(*file, settings.mesh).load().names) {
    state.table = pipeline::table_of(*names);
  }
  return state;
}

// The resources at the command line's paths, built upon a state.
struct Run {
  config::Load load;
  pipeline::Build build;
  mesh::Diagnostics diagnostics;  // of both, in reading order
};

Run run(const CommandLine& line, const config::Settings& settings, const State& state,
        config::UnknownFields unknown_fields) {
  config::Loader loader(line.paths, {settings.locality(), settings.limits, unknown_fields});
  Run run{loader.load(), {}, {}};
  loader.complete(run.load);
  run.build =
      pipeline::build(run.load.resources, settings, state.ledger, host::unix_time(), line.renumber);
  run.diagnostics = run.load.diagnostics;
  run.diagnostics.insert(run.diagnostics.end(), run.build.diagnostics.begin(),
                         run.build.diagnostics.end());
  mesh::sort(run.diagnostics);
  return run;
}

Run run(const CommandLine& line, const config::Settings& settings, const State& state) {
  return run(line, settings, state, config::UnknownFields::Warn);
}

void print(const mesh::Diagnostics& diagnostics, std::ostream& out) {
  for (const mesh::Diagnostic& diagnostic : diagnostics) out << to_string(diagnostic) << '\n';
}

std::string summary(const Run& run) {
  const auto count = [&](mesh::Severity severity) {
    return static_cast<std::size_t>(
        std::ranges::count(run.diagnostics, severity, &mesh::Diagnostic::severity));
  };
  return explain::counted(count(mesh::Severity::Error), "error") + ", " +
         explain::counted(count(mesh::Severity::Warning), "warning") + " in " +
         explain::counted(run.load.documents, "document") + " of " +
         explain::counted(run.load.files, "file") + ": " +
         explain::counted(run.build.resources.services.size(), "service") + ", " +
         explain::counted(run.build.table.size(), "hostname");
}

Format format_of(const std::string& output) {
  if (output == "json") return Format::Json;
  if (output == "hosts") return Format::Hosts;
  if (output == "zone") return Format::Zone;
  return Format::Yaml;
}

// A path that isn't there leaves nothing to print; all else is printed as far as it goes.
int exit_status(const Run& run) {
  return run.load.missing_path ? kExitErrors : 0;
}

}  // namespace

int validate(const CommandLine& line, const config::Settings& settings, Streams streams) {
  Run validated = run(line, settings, {}, config::UnknownFields::Refuse);
  for (mesh::Diagnostic& overlap :
       host::check_overlap(pipeline::pools(settings), host::host_networks())) {
    validated.diagnostics.push_back(std::move(overlap));
  }
  for (mesh::Diagnostic& local :
       redirect::warn_local(validated.build.table.zones(), redirect::resolved_host())) {
    validated.diagnostics.push_back(std::move(local));
  }
  mesh::sort(validated.diagnostics);
  if (line.output == "json") {
    render_diagnostics(validated.diagnostics, streams.out);
  } else {
    print(validated.diagnostics, streams.out);
    streams.out << summary(validated) << '\n';
  }
  return mesh::has_errors(validated.diagnostics) ? kExitErrors : 0;
}

int render(const CommandLine& line, const config::Settings& settings, Streams streams) {
  const Run rendered = run(line, settings, read_state(settings));
  const Format format = format_of(line.output);
  if (format != Format::Json) print(rendered.diagnostics, streams.err);
  render(rendered.build, settings, rendered.diagnostics, format, streams.out);
  return exit_status(rendered);
}

int explain(const CommandLine& line, const config::Settings& settings, Streams streams) {
  const State state = read_state(settings);
  const Run explained = run(line, settings, state);
  const host::Upstreams upstreams =
      host::make_upstreams(settings, host::read_resolv_conf(settings),
                           host::endpoints(settings.listen), host::host_addresses());
  const auto text =
      explain::explain(line.what, explained.build, settings, state.ledger, upstreams.routes);
  if (text) {
    streams.out << *text;
    return exit_status(explained);
  }
  print(explained.diagnostics, streams.err);
  streams.err << "mesh-dns: there is no " << line.what
              << ": KIND is MeshService, MeshExternalService, MeshMultiZoneService or "
                 "HostnameGenerator (msvc, extsvc, mzsvc, hg), NAME its core name\n";
  return kExitErrors;
}

int plan(const CommandLine& line, const config::Settings& settings, Streams streams) {
  const State state = read_state(settings);
  const Run planned = run(line, settings, state);
  print(planned.diagnostics, streams.err);
  print(plan(state.table, planned.build),
        line.output == "json" ? PlanFormat::Json : PlanFormat::Text, streams.out);
  return exit_status(planned);
}

int status(const CommandLine& line, const config::Settings& settings, Streams streams) {
  const std::string admin = config::to_string(settings.admin);
  if (!settings.admin.on) {
    streams.err << "mesh-dns: admin is off: name the instance's address with --admin\n";
    return kExitErrors;
  }
  const auto url = settings.admin.socket.empty() ? http::parse_url("http://" + admin)
                                                 : http::unix_url(settings.admin.socket);
  const auto answer = http::fetch(*url, {.target = "/status"},
                                  {.start = kStatusPatience, .silence = kStatusPatience});
  if (!answer && answer.error().what == http::Error::What::Timeout) {
    streams.err << "mesh-dns: what listens at " << admin << " doesn't answer within "
                << kStatusPatience.count() << " s: does it hang, or is it stopped?\n";
    return kExitErrors;
  }
  if (!answer) {
    streams.err << "mesh-dns: no instance answers at " << admin << ": " << answer.error().text
                << "; is it running, and is that its address (--admin)?\n";
    return kExitErrors;
  }
  const auto told = answer->status == 200 ? admin::status_text(answer->body) : std::nullopt;
  if (!told) {
    streams.err << "mesh-dns: what answers at " << admin
                << " is not mesh-dns, or another version\n";
    return kExitErrors;
  }
  streams.out << (line.output == "json" ? answer->body : told->text);
  return told->ready ? 0 : kExitErrors;
}

}  // namespace cli
