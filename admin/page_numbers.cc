#include "admin/concerns.h"
#include "admin/page_parts.h"
#include "admin/status_text.h"

namespace admin {
namespace {

void write_count(Html& html, std::string_view path, std::uint64_t value) {
  html.raw("<td class=\"number\">");
  write_live(html, path, "count", grouped(value));
  html.raw("</td>");
}

void write_row(Html& html, std::string_view what, std::string_view path, std::uint64_t value) {
  html.raw("<tr><th scope=\"row\">").text(what).raw("</th>");
  write_count(html, path, value);
  html.raw("</tr>\n");
}

// A region that scrolls must be reached by keyboard.
void open_table(Html& html, Markup caption, Markup columns) {
  html.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").raw(caption);
  html.raw("\"><table><caption>").raw(caption).raw("</caption>\n<thead><tr>").raw(columns);
  html.raw("</tr></thead>\n<tbody>\n");
}

void close_table(Html& html) {
  html.raw("</tbody></table></div>\n");
}

void write_pools(Html& html, const Status& status) {
  open_table(
      html, "VIP pools",
      "<th scope=\"col\">Pool</th><th scope=\"col\">For</th>"
      "<th scope=\"col\" class=\"number\">Size</th><th scope=\"col\" class=\"number\">Used</th>"
      "<th scope=\"col\" class=\"number\">In quarantine</th>"
      "<th scope=\"col\" class=\"number\">Kept for gone services</th>"
      "<th scope=\"col\" class=\"number\">Full</th>");
  for (const vip::PoolUse& pool : status.summary.pools) {
    html.raw("<tr><th scope=\"row\"><code>").text(pool.pool.to_string()).raw("</code></th><td>");
    html.text(mesh::to_string(pool.kind));
    for (const std::uint64_t value : {pool.usable, pool.used, pool.quarantined, pool.tombstones}) {
      html.raw("</td><td class=\"number\">").number(value);
    }
    html.raw(nearly_full(pool) ? Markup("</td><td class=\"number\"><strong>")
                               : Markup("</td><td class=\"number\"><span>"));
    html.number(percent_used(pool)).raw(" %");
    html.raw(nearly_full(pool) ? Markup("</strong></td></tr>\n") : Markup("</span></td></tr>\n"));
  }
  close_table(html);
}

std::string mean_text(const dns::UpstreamStatus& upstream) {
  if (upstream.answers == 0) return "–";
  return milliseconds_text(upstream.mean().count());
}

void write_upstreams(Html& html, const Status& status) {
  if (status.routes.empty()) {
    html.raw(
        "<h3>Upstreams</h3>\n<p>There are none: names that aren't ours are not answered.</p>\n");
    return;
  }
  open_table(html, "Upstreams",
             "<th scope=\"col\">Server</th><th scope=\"col\">State</th>"
             "<th scope=\"col\" class=\"number\">Answers</th>"
             "<th scope=\"col\" class=\"number\">Silent</th>"
             "<th scope=\"col\" class=\"number\">Unreachable</th>"
             "<th scope=\"col\" class=\"number\">Mean time</th>");
  for (const dns::UpstreamStatus& upstream : status.counters.upstreams) {
    const std::string server = dns::to_string(upstream.address);
    const std::string path = "upstreams " + server + ' ';
    html.raw("<tr><th scope=\"row\"><code>").text(server).raw("</code></th><td>");
    write_live(html, path + "state", "state", dns::to_string(upstream.state));
    html.raw("</td>");
    write_count(html, path + "answers", upstream.answers);
    write_count(html, path + "silent", upstream.silent);
    write_count(html, path + "unreachable", upstream.unreachable);
    html.raw("<td class=\"number\">");
    write_live(html, path + "meanMilliseconds", "milliseconds", mean_text(upstream));
    html.raw("</td></tr>\n");
  }
  close_table(html);
  open_table(html, "Who is asked about names that aren't ours",
             "<th scope=\"col\">Names in</th><th scope=\"col\">Servers</th>"
             "<th scope=\"col\">By</th>");
  for (const RouteStatus& route : status.routes) {
    html.raw("<tr><th scope=\"row\"><code>").text(route.zone).raw("</code></th><td>");
    for (const std::string& server : route.servers) html.raw("<code>").text(server).raw("</code> ");
    if (route.servers.empty()) html.raw("none: these names fail");
    html.raw("</td><td>").text(route.from).raw("</td></tr>\n");
  }
  close_table(html);
}

void write_queries(Html& html, const Status& status) {
  const dns::Counters& counters = status.counters;
  constexpr Markup kColumns =
      "<th scope=\"col\">Queries</th><th scope=\"col\" class=\"number\">Since the start</th>";
  open_table(html, "Queries", kColumns);
  write_row(html, "received", "queries received", counters.queries());
  html.raw(
      "<tr id=\"rate-row\" hidden><th scope=\"row\">received a second</th>"
      "<td class=\"number\" id=\"rate\"></td></tr>\n");
  write_row(html, "not due an answer", "queries dropped", counters.dropped);
  write_row(html, "of clients not allowed", "queries refusedClients", counters.refused);
  write_row(html, "answered by no upstream", "queries unanswered", counters.failures);
  write_row(html, "refused at a limit", "queries limited", counters.limited);
  close_table(html);
  open_table(html, "Replies by source",
             "<th scope=\"col\">Source</th><th scope=\"col\" class=\"number\">Replies</th>");
  for (const dns::Source source : dns::kSources) {
    const std::string name(dns::to_string(source));
    write_row(html, name, "queries bySource " + name, counters.replies_from(source));
  }
  close_table(html);
  open_table(html, "Replies by rcode",
             "<th scope=\"col\">Rcode</th><th scope=\"col\" class=\"number\">Replies</th>");
  for (std::size_t i = 0; i < dns::kCountedRcodes.size(); ++i) {
    const std::string name(dns::kCountedRcodes[i]);
    write_row(html, name, "queries byRcode " + name, counters.replies_with(i));
  }
  close_table(html);
}

void write_cache(Html& html, const Status& status) {
  const dns::Counters& counters = status.counters;
  open_table(html, "Cache",
             "<th scope=\"col\">Cache</th><th scope=\"col\" class=\"number\">Now</th>");
  write_row(html, "entries", "cache entries", counters.cache_entries);
  html.raw("<tr><th scope=\"row\">memory</th><td class=\"number\">");
  write_live(html, "cache bytes", "bytes", size_text(static_cast<double>(counters.cache_bytes)));
  html.raw("</td></tr>\n<tr><th scope=\"row\">memory at most</th><td class=\"number\">");
  html.text(size_text(static_cast<double>(status.cache_size))).raw("</td></tr>\n");
  write_row(html, "prefetches", "cache prefetches", counters.prefetches);
  write_row(html, "asked once for many", "cache coalesced", counters.coalesced);
  close_table(html);
}

}  // namespace

void write_live(Html& html, std::string_view path, std::string_view format, std::string_view text) {
  html.raw("<span data-live=\"").text(path).raw("\" data-format=\"").text(format);
  html.raw("\">").text(text).raw("</span>");
}

void write_numbers(Html& html, const Status& status) {
  html.raw(
      "<section id=\"numbers\" aria-labelledby=\"numbers-h\">\n"
      "<h2 id=\"numbers-h\">Numbers</h2>\n"
      "<p><span id=\"live\">As they were when this page was made; load it again for newer "
      "ones.</span> <button type=\"button\" id=\"pause\" hidden>Pause</button></p>\n");
  write_pools(html, status);
  write_upstreams(html, status);
  html.raw("<div class=\"tables\">\n");
  write_cache(html, status);
  write_queries(html, status);
  html.raw("</div>\n");
  html.raw("</section>\n");
}

}  // namespace admin
