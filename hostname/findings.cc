#include "hostname/findings.h"

#include <utility>

namespace hostname {
namespace {

using mesh::Severity;

std::string described(const mesh::Service& service) {
  return mesh::to_string(service.id());
}

std::string text_of(const Problem& problem) {
  if (problem.services == 1) return problem.first;
  return problem.first + " (and " + std::to_string(problem.services - 1) +
         (problem.services == 2 ? " more service)" : " more services)");
}

}  // namespace

void Problem::add(const mesh::Service& service, std::string_view text) {
  if (services++ == 0) first = described(service) + ": " + std::string(text);
}

mesh::Diagnostics report(const Rule& rule, const Findings& findings) {
  const mesh::HostnameGenerator& generator = rule.generator();
  mesh::Diagnostics diagnostics;
  const auto add = [&](Severity severity, std::string message) {
    // What a generator that nobody wrote does wrong is nobody's error.
    if (generator.built_in && severity == Severity::Error) severity = Severity::Warning;
    mesh::Position position = generator.template_position;
    if (position.line == 0) position = generator.meta.position;
    std::string name = generator.built_in ? "HostnameGenerator " + generator.meta.name + ": " : "";
    diagnostics.push_back(
        {severity, std::move(position), "spec.template", name + std::move(message)});
  };
  if (!rule.ordered().compiled) add(Severity::Error, rule.why_not_compiled());
  if (findings.evaluation.services > 0) add(Severity::Error, text_of(findings.evaluation));
  if (findings.validity.services > 0) add(Severity::Error, text_of(findings.validity));
  if (findings.public_name.services > 0 && !generator.built_in) {
    add(Severity::Warning,
        text_of(findings.public_name) +
            ": this name is under no private suffix (.mesh, .local, .internal, .test, ...) and "
            "hides what the Internet has there");
  }
  if (findings.selected == 0 && !generator.built_in) {
    diagnostics.push_back({Severity::Notice, generator.meta.position, "spec.selector",
                           "it selects no " + std::string(mesh::to_string(generator.selects))});
  }
  return diagnostics;
}

Outcome collision(std::uint32_t generator, std::string_view hostname, const Winner& winner) {
  std::string message = "Hostname collision with " + described(winner.service) + ": it has ";
  message.append(hostname).append(" from HostnameGenerator ").append(winner.generator);
  return {generator, Reason::Collision, std::string(hostname), std::move(message)};
}

mesh::Diagnostic report_collision(const mesh::Service& loser, std::string_view generator,
                                  std::string_view hostname, const Winner& winner) {
  std::string message = described(loser) + " doesn't get ";
  message.append(hostname).append(" from HostnameGenerator ").append(generator).append(": ");
  message += described(winner.service) + " has it from HostnameGenerator ";
  message += winner.generator;
  return {Severity::Warning, loser.meta.position, "", std::move(message)};
}

mesh::Diagnostic report_more_collisions(std::size_t more) {
  return {Severity::Warning,
          {},
          "",
          std::to_string(more) + " more services lost a hostname to another; `render` shows them"};
}

}  // namespace hostname
