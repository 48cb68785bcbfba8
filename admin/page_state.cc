#include <algorithm>

#include "admin/concerns.h"
#include "admin/page_parts.h"
#include "admin/status_text.h"
#include "vip/lease.h"

namespace admin {
namespace {

using mesh::Severity;

// What is more is in /status and in `mesh-dns validate`.
constexpr std::size_t kMaxDiagnostics = 100;
constexpr std::size_t kMaxTroubled = 20;

void write_texts(Html& html, const std::vector<std::string>& texts) {
  if (texts.empty()) html.raw("none");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) html.raw(", ");
    html.raw("<code>").text(texts[i]).raw("</code>");
  }
}

void write_source(Html& html, const pipeline::SourceState& source) {
  html.raw("<dt>Source ").text(source.name).raw("</dt><dd>");
  write_texts(html, source.from);
  html.raw(source.complete ? Markup("") : Markup(", <strong>not yet read</strong>"));
  for (const pipeline::Figure& figure : source.figures) {
    html.raw("; ").text(spoken(figure.name)).raw(" ").number(figure.value);
  }
  if (!source.problem.empty()) html.raw("; <strong>").text(source.problem).raw("</strong>");
  html.raw("</dd>\n");
}

void write_output(Html& html, const pipeline::OutputState& output) {
  html.raw("<dt>Output ").text(output.name).raw("</dt><dd>");
  html.raw(output.problem.empty() ? Markup("up to date") : Markup("<strong>"));
  if (!output.problem.empty()) html.text(output.problem).raw("</strong>");
  for (const pipeline::Figure& figure : output.figures) {
    html.raw("; ").text(spoken(figure.name)).raw(" ").number(figure.value);
  }
  html.raw("</dd>\n");
}

void write_facts(Html& html, const Status& status) {
  html.raw("<dl class=\"facts\">\n<dt>Names</dt><dd>").number(status.names);
  html.raw(", of ").number(status.summary.services).raw(" services</dd>\n<dt>Table</dt><dd>");
  if (!status.table) {
    html.raw("none");
  } else {
    html.raw("of <time>").text(vip::time_text(status.generation)).raw("</time>, ");
    status.confirmed&& status.waiting.empty()
        ? html.raw("confirmed now")
        : html.raw("unconfirmed for ").text(duration_text(status.age));
    html.raw(", serial ").text(std::to_string(status.generation));
  }
  html.raw("</dd>\n<dt>Reloads</dt><dd>").number(status.reloads).raw("; ");
  html.number(status.names_moved).raw(" names moved to another service</dd>\n<dt>Up</dt><dd>");
  write_live(html, "uptimeSeconds", "duration", duration_text(status.uptime));
  html.raw("</dd>\n<dt>Zone</dt><dd><code>").text(status.zone).raw("</code>, mesh <code>");
  html.text(status.mesh).raw("</code>, ").text(status.mode).raw("</dd>\n<dt>Listens at</dt><dd>");
  write_texts(html, status.listen);
  html.raw("</dd>\n");
  for (const pipeline::SourceState& source : status.sources) write_source(html, source);
  for (const pipeline::OutputState& output : status.outputs) write_output(html, output);
  html.raw("</dl>\n");
}

void write_diagnostic(Html& html, const mesh::Diagnostic& diagnostic) {
  html.raw("<tr role=\"row\"><td role=\"cell\">");
  write_severity(html, diagnostic.severity);
  html.raw("</td><td role=\"cell\">");
  const std::string place = mesh::to_string(diagnostic.position);
  place.empty() ? html.raw("<span class=\"quiet\">no file</span>")
                : html.raw("<code>").text(place).raw("</code>");
  html.raw("</td><td role=\"cell\">");
  if (!diagnostic.path.empty()) html.raw("<code>").text(diagnostic.path).raw("</code>: ");
  html.text(diagnostic.message).raw("</td></tr>\n");
}

void write_diagnostics(Html& html, const mesh::Diagnostics& problems) {
  if (problems.empty()) return;
  std::vector<const mesh::Diagnostic*> sorted;
  for (const mesh::Diagnostic& problem : problems) sorted.push_back(&problem);
  std::ranges::stable_sort(sorted, {}, [](const auto* problem) { return problem->severity; });
  html.raw(
      "<table role=\"table\" class=\"cards diagnostics\"><caption>In the resources</caption>\n"
      "<thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Severity</th>"
      "<th role=\"columnheader\" scope=\"col\">Place</th>"
      "<th role=\"columnheader\" scope=\"col\">What was found</th></tr></thead>\n<tbody>\n");
  const std::size_t shown = std::min(sorted.size(), kMaxDiagnostics);
  for (std::size_t i = 0; i < shown; ++i) write_diagnostic(html, *sorted[i]);
  html.raw("</tbody></table>\n");
  if (shown < sorted.size()) {
    html.raw("<p>").number(sorted.size() - shown);
    html.raw(
        " more; <code>mesh-dns validate</code> and <a href=\"/status\">/status</a> have "
        "all.</p>\n");
  }
}

void write_troubled(Html& html, const Status& status, const pipeline::Build& build) {
  // One more, to know whether there are more.
  std::vector<std::uint32_t> troubled = troubled_services(build, kMaxTroubled + 1);
  if (troubled.empty()) return;
  const bool more = troubled.size() > kMaxTroubled;
  if (more) troubled.pop_back();
  html.raw(
      "<table role=\"table\" class=\"cards troubled\"><caption>In the services</caption>\n"
      "<thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Service</th>"
      "<th role=\"columnheader\" scope=\"col\">What it lacks</th></tr></thead>\n<tbody>\n");
  for (const std::uint32_t i : troubled) {
    const mesh::ServiceId id = build.resources.services[i]->id();
    const std::string kind(mesh::to_string(id.kind));
    html.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
    link_story(html, kind + '/' + id.name, id.name);
    html.raw(" <small>").text(kind);
    if (id.mesh != status.mesh) html.raw(", mesh ").text(id.mesh);
    html.raw("</small></th><td role=\"cell\"><ul class=\"plain\">");
    if (const std::string& why = build.allocation.missing[i]; !why.empty()) {
      html.raw("<li>");
      write_severity(html, Severity::Error);
      html.raw(" no VIP: ").text(why);
    }
    write_lost_names(html, build, i);
    html.raw("</ul></td></tr>\n");
  }
  html.raw("</tbody></table>\n");
  if (more) html.raw("<p>More are the first of <a href=\"#services\">all services</a>.</p>\n");
}

}  // namespace

void write_severity(Html& html, Severity severity) {
  switch (severity) {
    case Severity::Error:
      html.raw("<span class=\"mark error\">error</span>");
      return;
    case Severity::Warning:
      html.raw("<span class=\"mark warning\">warning</span>");
      return;
    case Severity::Notice:
      html.raw("<span class=\"mark\">notice</span>");
      return;
  }
}

void write_lost_names(Html& html, const pipeline::Build& build, std::size_t service) {
  for (const hostname::Outcome& outcome : build.hostnames.outcomes[service]) {
    if (outcome.reason == hostname::Reason::Generated) continue;
    html.raw("<li><span class=\"mark warning\">").text(to_string(outcome.reason)).raw("</span> ");
    if (!outcome.hostname.empty()) {
      html.raw("not ");
      link_story(html, outcome.hostname, outcome.hostname);
      html.raw(": ");
    }
    html.text(outcome.message).raw(" <small>generator ");
    html.text(build.hostnames.generators[outcome.generator].core_name).raw("</small>");
  }
}

void write_state(Html& html, const Status& status) {
  const Readiness now = readiness(status);
  const Markup looks = now.severity == Severity::Error     ? Markup("error")
                       : now.severity == Severity::Warning ? Markup("warning")
                                                           : Markup("well");
  html.raw("<section id=\"state\" class=\"state ").raw(looks);
  html.raw("\" aria-labelledby=\"state-h\">\n<h2 id=\"state-h\">").text(now.state);
  html.raw("</h2>\n<p>").text(now.detail).raw("</p>\n");
  if (const std::string count = concerns_text(status); !count.empty()) {
    html.raw("<p><a href=\"#wrong\">").text(count).raw("</a></p>\n");
  }
  html.raw("<p id=\"changed\" class=\"changed\" role=\"status\"></p>\n");
  write_facts(html, status);
  html.raw("</section>\n");
}

void write_concerns(Html& html, const Status& status, const pipeline::Build& build) {
  html.raw(
      "<section id=\"wrong\" aria-labelledby=\"wrong-h\">\n"
      "<h2 id=\"wrong-h\">What is wrong</h2>\n");
  const std::vector<pipeline::Concern> all = concerns(status);
  if (all.empty() && status.summary.problems.empty()) html.raw("<p>Nothing that is known.</p>\n");
  if (!all.empty()) html.raw("<ul class=\"plain concerns\">\n");
  for (const pipeline::Concern& concern : all) {
    html.raw("<li>");
    write_severity(html, concern.severity);
    html.raw(" ").text(concern.text).raw("\n");
  }
  if (!all.empty()) html.raw("</ul>\n");
  write_diagnostics(html, status.summary.problems);
  write_troubled(html, status, build);
  html.raw("</section>\n");
}

}  // namespace admin
