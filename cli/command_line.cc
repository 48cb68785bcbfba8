#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/schema.h"
#include "host/version.h"

namespace cli {
namespace {

// A flag that stands for a setting.
struct SettingFlag {
  const char* flag;
  const char* path;  // of the setting
  const char* type;
  const char* help;
  bool list;
};

constexpr SettingFlag kServeFlags[] = {
    {"--resources", "resources", "PATH", "file or directory of resources; may be repeated", true},
    {"--listen", "listen", "ADDR:PORT", "address to serve DNS on; may be repeated", true},
};

constexpr SettingFlag kAdminFlag = {"--admin", "admin", "ADDR:PORT",
                                    "address of the admin server, unix:PATH or off", false};

constexpr SettingFlag kCommonFlags[] = {
    {"--zone", "zone", "NAME", "the Kuma zone we are in", false},
    {"--mesh", "mesh", "NAME", "the mesh whose names are served", false},
    {"--mode", "mode", "MODE", "universal or kubernetes", false},
    {"--state", "state", "FILE", "the state file, which keeps the VIPs", false},
};

// What CLI11 fills in while parsing.
struct Parsed {
  CommandLine line;
  std::string config;
  // One a flag of a subcommand; its address must not change once CLI11 has it.
  std::vector<std::unique_ptr<std::pair<const SettingFlag*, std::vector<std::string>>>> flags;
};

void add_flag(CLI::App& command, const SettingFlag& flag, Parsed& parsed) {
  parsed.flags.push_back(std::make_unique<std::pair<const SettingFlag*, std::vector<std::string>>>(
      &flag, std::vector<std::string>()));
  CLI::Option* option = command.add_option(flag.flag, parsed.flags.back()->second, flag.help);
  option->type_name(flag.type)->allow_extra_args(false);
  if (!flag.list) option->expected(1);
}

CLI::App& add_command(CLI::App& program, Command command, const char* name, const char* help,
                      Parsed& parsed) {
  CLI::App* sub = program.add_subcommand(name, help);
  sub->callback([&parsed, command] { parsed.line.command = command; });
  sub->add_option("--config", parsed.config,
                  "settings file [default: /etc/mesh-dns/mesh-dns.yaml if it is there]")
      ->type_name("FILE");
  for (const SettingFlag& flag : kCommonFlags) add_flag(*sub, flag, parsed);
  return *sub;
}

void add_paths(CLI::App& command, Parsed& parsed) {
  command
      .add_option("PATH", parsed.line.paths,
                  "a file, a directory (read recursively, *.yaml *.yml *.json), or - for standard "
                  "input")
      ->required();
}

void add_output(CLI::App& command, Parsed& parsed, std::vector<std::string> formats,
                const char* help) {
  command.add_option("-o,--output", parsed.line.output, help)
      ->type_name("FORMAT")
      ->check(CLI::IsMember(std::move(formats)));
}

// It reads neither settings nor resources.
void add_schema(CLI::App& program, Parsed& parsed) {
  CLI::App* schema = program.add_subcommand(
      "schema", "print the JSON Schema of the settings file or of resources, for editors");
  schema->callback([&parsed] { parsed.line.command = Command::Schema; });
  std::string names;
  for (const char* name : kSchemas) names.append(names.empty() ? "" : ", ").append(name);
  schema->add_option("NAME", parsed.line.what, "one of " + names)
      ->required()
      ->type_name("")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kSchemas), std::end(kSchemas))));
}

void add_redirect_selection(CLI::App& install, RedirectOptions& options) {
  install.add_option("--uid", options.uids, "redirect this user's queries only; may be repeated")
      ->type_name("USER")
      ->allow_extra_args(false);
  install
      .add_option("--cgroup", options.cgroups,
                  "redirect the queries of this cgroup (v2) only; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  install
      .add_option("--exempt-uid", options.exempt_uids,
                  "leave this user's queries alone; may be repeated [the users of the processes at "
                  "the addresses that mesh-dns listens on and forwards to]")
      ->type_name("USER")
      ->allow_extra_args(false);
  install
      .add_option("--exempt-cgroup", options.exempt_cgroups,
                  "leave the queries of this cgroup alone; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  install
      .add_option("--other-family", options.other_family,
                  "reject or leave queries over IPv6, or IPv4, when mesh-dns has no address of it "
                  "[reject]")
      ->type_name("ACTION")
      ->check(CLI::IsMember({"reject", "leave"}));
}

void add_redirect(CLI::App& program, Parsed& parsed) {
  CLI::App* redirect = program.add_subcommand(
      "redirect", "bring this host's DNS to mesh-dns, and take it away again");
  redirect->require_subcommand(1);
  RedirectOptions& options = parsed.line.redirect;
  const auto add = [&](const char* name, const char* help, RedirectAction action) -> CLI::App& {
    CLI::App& sub = add_command(*redirect, Command::Redirect, name, help, parsed);
    sub.callback([&parsed, action] {
      parsed.line.command = Command::Redirect;
      parsed.line.redirect.action = action;
    });
    return sub;
  };
  CLI::App& install = add("install", "redirect, or write what redirects; says how to undo it",
                          RedirectAction::Install);
  for (const SettingFlag& flag : kServeFlags) {
    if (std::string_view(flag.path) == "listen") add_flag(install, flag, parsed);
  }
  install
      .add_option("--with", options.with,
                  "nftables: rules for port 53; resolv.conf: name mesh-dns there; resolved: a "
                  "drop-in that sends our zones to it [nftables]")
      ->type_name("HOW")
      ->check(CLI::IsMember({"nftables", "resolv.conf", "resolved"}));
  add_redirect_selection(install, options);
  install.add_flag("--force", options.force, "do it though mesh-dns doesn't answer");
  install.add_flag("--dry-run", options.dry_run, "print what would be written, and change nothing");
  install.add_option("PATH", parsed.line.paths,
                     "resources whose zones systemd-resolved is told [those of the settings]");
  CLI::App& remove = add("remove", "undo all that install did; fine when there is nothing",
                         RedirectAction::Remove);
  for (CLI::App* sub : {&install, &remove}) {
    sub->add_flag("--restart", options.restart, "restart systemd-resolved if its drop-in changed");
  }
  add("show", "print what is installed, rules as the kernel has them", RedirectAction::Show);
}

void add_commands(CLI::App& program, Parsed& parsed) {
  CLI::App& serve = add_command(program, Command::Serve, "serve", "answer DNS", parsed);
  for (const SettingFlag& flag : kServeFlags) add_flag(serve, flag, parsed);
  add_flag(serve, kAdminFlag, parsed);
  serve.add_flag("--renumber", parsed.line.renumber,
                 "move VIPs that no pool of the settings contains any more");
  serve.add_flag("--reset-state", parsed.line.reset_state,
                 "set a state file that can't be used aside, and start a new one");

  CLI::App& validate = add_command(program, Command::Validate, "validate",
                                   "print every diagnostic, all at once; exit 0 clean, 1 errors, "
                                   "2 usage",
                                   parsed);
  add_output(validate, parsed, {"text", "json"}, "text or json [text]");
  add_paths(validate, parsed);

  CLI::App& render = add_command(program, Command::Render, "render",
                                 "print the resources with their computed status", parsed);
  add_output(render, parsed, {"yaml", "json", "hosts", "zone"}, "yaml, json, hosts or zone [yaml]");
  add_paths(render, parsed);

  CLI::App& explain =
      add_command(program, Command::Explain, "explain",
                  "tell who makes a name, with which VIP and answer, or why not", parsed);
  explain.add_option("NAME", parsed.line.what, "a DNS name, an address, or KIND/NAME")->required();
  add_paths(explain, parsed);

  CLI::App& plan = add_command(program, Command::Plan, "plan",
                               "print what would change: names added, removed, moved; VIPs "
                               "allocated, released",
                               parsed);
  plan.add_flag("--renumber", parsed.line.renumber, "as `serve --renumber` would");
  add_output(plan, parsed, {"text", "json"}, "text or json [text]");
  add_paths(plan, parsed);

  CLI::App& status = add_command(program, Command::Status, "status",
                                 "ask a running instance how it is; exit 0 ready, 1 not", parsed);
  add_flag(status, kAdminFlag, parsed);
  add_output(status, parsed, {"text", "json"}, "text or json [text]");

  add_schema(program, parsed);
  add_redirect(program, parsed);
}

CommandLine finish(Parsed& parsed) {
  if (!parsed.config.empty()) parsed.line.config = parsed.config;
  for (auto& flag : parsed.flags) {
    if (flag->second.empty()) continue;
    parsed.line.overrides.push_back(
        {std::move(flag->second), flag->first->path, flag->first->flag});
  }
  return std::move(parsed.line);
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv,
                                                  std::ostream& out, std::ostream& err) {
  CLI::App program("mesh-dns makes names and virtual IPs from Kuma resources and answers DNS.",
                   "mesh-dns");
  program.set_version_flag("--version", "mesh-dns " + std::string(host::version()));
  program.require_subcommand(1);
  program.footer("`mesh-dns COMMAND --help` tells more.");
  program.failure_message([](const CLI::App* app, const CLI::Error& error) {
    return "mesh-dns: " + CLI::FailureMessage::simple(app, error);
  });
  Parsed parsed;
  add_commands(program, parsed);
  try {
    program.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // CLI11 only says that a command is required.
    const std::vector<std::string> unknown = program.remaining();
    if (program.get_subcommands().empty() && !unknown.empty()) {
      err << "mesh-dns: there is no command \"" << unknown.front()
          << "\"; there are serve, validate, render, explain, plan, status, schema and redirect\n";
      return kExitUsage;
    }
    return program.exit(error, out, err) == 0 ? 0 : kExitUsage;
  } catch (const CLI::ParseError& error) {
    return program.exit(error, out, err) == 0 ? 0 : kExitUsage;
  }
  return finish(parsed);
}

}  // namespace cli
