#include "admin/page_parts.h"
#include "http/url.h"

namespace admin {
namespace {

using hostname::Outcome;
using hostname::Reason;

void open_cell(Html& html, Markup label) {
  html.raw("<td role=\"cell\" data-label=\"").raw(label).raw("\">");
}

void write_names(Html& html, const pipeline::Build& build, std::size_t i) {
  const auto& outcomes = build.hostnames.outcomes[i];
  if (outcomes.empty()) {
    html.raw("<span class=\"quiet\">none: no generator selects it</span>");
    return;
  }
  html.raw("<ul class=\"plain\">");
  for (const Outcome& outcome : outcomes) {
    if (outcome.reason != Reason::Generated) continue;
    html.raw("<li>");
    link_story(html, outcome.hostname, outcome.hostname);
  }
  write_lost_names(html, build, i);
  html.raw("</ul>");
}

void write_vips(Html& html, const pipeline::Build& build, std::size_t i) {
  html.raw("<ul class=\"plain\">");
  for (const mesh::Ip& ip : build.allocation.vips[i]) {
    html.raw("<li>");
    link_story(html, ip.to_string(), ip.to_string());
  }
  if (const std::string& why = build.allocation.missing[i]; !why.empty()) {
    html.raw("<li>");
    write_severity(html, mesh::Severity::Error);
    html.raw(" ").text(why);
  }
  html.raw("</ul>");
}

void write_ports(Html& html, const mesh::Service& service) {
  if (service.ports.empty()) html.raw("<span class=\"quiet\">none</span>");
  html.raw("<ul class=\"plain\">");
  for (const mesh::Port& port : service.ports) {
    const std::string number = std::to_string(port.port);
    html.raw("<li>").text(number).raw(" ").text(port.app_protocol);
    if (port.name != number) html.raw(" <small>").text(port.name).raw("</small>");
  }
  html.raw("</ul>");
}

void write_service(Html& html, const Status& status, const pipeline::Build& build, std::size_t i) {
  const mesh::Service& service = *build.resources.services[i];
  const mesh::ServiceId id = service.id();
  const std::string kind(mesh::to_string(id.kind));
  html.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
  link_story(html, kind + '/' + id.name, id.name);
  html.raw(" <small>").text(kind).raw("</small>");
  if (id.mesh != status.mesh) {
    html.raw(" <small>mesh ").text(id.mesh).raw(", not served here</small>");
  }
  if (service.origin != mesh::Origin::Given) html.raw(" <small>generated</small>");
  const std::string place = mesh::to_string(service.meta.position);
  if (!place.empty()) html.raw(" <small class=\"place\">").text(place).raw("</small>");
  html.raw("</th>");
  open_cell(html, "Names");
  write_names(html, build, i);
  html.raw("</td>");
  open_cell(html, "VIPs");
  write_vips(html, build, i);
  html.raw("</td>");
  open_cell(html, "Ports");
  write_ports(html, service);
  html.raw("</td>");
  open_cell(html, "Dataplanes");
  if (mesh::counts_proxies(service, build.proxies[i])) {
    html.number(build.proxies[i].healthy).raw(" of ").number(build.proxies[i].total);
    html.raw(" healthy");
  }
  html.raw("</td></tr>\n");
}

void link_page(Html& html, std::string_view words, std::size_t page, Markup rel, Markup text) {
  html.raw("<li><a rel=\"").raw(rel).raw("\" href=\"/?");
  if (!words.empty()) html.raw("q=").text(http::escape(words)).raw("&amp;");
  html.raw("page=").text(std::to_string(page)).raw("#services\">").raw(text).raw("</a>");
}

void write_pages(Html& html, std::string_view words, const ServicePage& list) {
  if (list.pages == 1) return;
  html.raw("<nav class=\"pages\" aria-label=\"Pages of services\"><ul>");
  if (list.page > 1) {
    link_page(html, words, 1, "first", "First");
    link_page(html, words, list.page - 1, "prev", "Previous");
  }
  html.raw("<li><span aria-current=\"page\">Page ").number(list.page).raw(" of ");
  html.number(list.pages).raw("</span>");
  if (list.page < list.pages) {
    link_page(html, words, list.page + 1, "next", "Next");
    link_page(html, words, list.pages, "last", "Last");
  }
  html.raw("</ul></nav>\n");
}

void write_count(Html& html, const Status& status, const pipeline::Build& build,
                 std::string_view words, const ServicePage& list) {
  html.raw("<p>");
  if (!words.empty()) {
    html.number(list.found).raw(" of ").number(build.resources.services.size());
    html.raw(" services are found by <code>").text(words);
    html.raw("</code>; <a href=\"/#services\">show all</a>.");
  } else if (list.found != 0) {
    html.number(list.found).raw(" services.");
  } else {
    html.raw("There are none.");
  }
  if (list.troubled != 0)
    html.raw(" Those with problems are first: ").number(list.troubled).raw(".");
  if (list.pages > 1) {
    html.raw(" Shown: ").number(list.first()).raw("–");
    html.number(list.first() + list.services.size() - 1).raw(".");
  }
  html.raw("</p>\n");
  if (status.table && !status.confirmed) {
    html.raw(
        "<p>The sources have not been read yet: these are the services that are known so far, "
        "while names are answered from the state file.</p>\n");
  }
}

}  // namespace

void link_story(Html& html, std::string_view what, std::string_view text) {
  html.raw("<a href=\"/?explain=").text(http::escape(what)).raw("#story\"><code>").text(text);
  html.raw("</code></a>");
}

void write_services(Html& html, const Status& status, const pipeline::Build& build,
                    std::string_view words, const ServicePage& list) {
  html.raw(
      "<section id=\"services\" aria-labelledby=\"services-h\">\n"
      "<h2 id=\"services-h\">Services</h2>\n");
  write_count(html, status, build, words, list);
  if (!list.services.empty()) {
    html.raw(
        "<table role=\"table\" class=\"cards services\"><caption>Services, with their names and "
        "VIPs</caption>\n<thead><tr role=\"row\">"
        "<th role=\"columnheader\" scope=\"col\">Service</th>"
        "<th role=\"columnheader\" scope=\"col\">Names</th>"
        "<th role=\"columnheader\" scope=\"col\">VIPs</th>"
        "<th role=\"columnheader\" scope=\"col\">Ports</th>"
        "<th role=\"columnheader\" scope=\"col\">Dataplanes</th></tr></thead>\n<tbody>\n");
    for (const std::uint32_t i : list.services) write_service(html, status, build, i);
    html.raw("</tbody></table>\n");
  }
  write_pages(html, words, list);
  html.raw("</section>\n");
}

}  // namespace admin
