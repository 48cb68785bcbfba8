#include "admin/page.h"

#include <charconv>

#include "admin/concerns.h"
#include "admin/page_files.h"
#include "admin/page_parts.h"

namespace admin {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::size_t page_number(std::string_view text) {
  std::size_t page = 1;
  std::from_chars(text.data(), text.data() + text.size(), page);
  return page;
}

// "'sha256-...'", as a policy names what it allows (CSP 3, 2.3.1); the hash there is in base64.
std::string source(std::string_view sha256) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  unsigned bits = 0;
  unsigned held = 0;
  const auto put = [&](unsigned nibble) {
    held = held << 4 | nibble;
    for (bits += 4; bits >= 6; bits -= 6) base64 += kDigits[held >> (bits - 6) & 63];
  };
  for (const char c : sha256) put(static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10));
  while (base64.size() % 4 != 3) put(0);  // 32 octets are 43 digits and one '='
  return "'sha256-" + base64 + "='";
}

void add_headers(http::Page& page) {
  page.headers = {
      {"Content-Security-Policy", "default-src 'none'; style-src " + source(kPageStyleSha256) +
                                      "; script-src " + source(kPageScriptSha256) +
                                      "; connect-src 'self'; img-src data:; form-action 'self'; "
                                      "base-uri 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"}};
}

// The tab says the most important.
void write_head(Html& html, const Status& status) {
  html.raw(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>");
  html.text(readiness(status).state).raw(" · ");
  if (const std::string count = concerns_text(status); !count.empty()) html.text(count).raw(" · ");
  if (!status.host.empty()) html.text(status.host).raw(" · ");
  html.raw("mesh-dns</title>\n<style>").raw(kPageStyle).raw("</style>\n</head>\n<body>\n");
}

void write_form(Html& html, Markup name, Markup label, Markup hint, Markup button,
                std::string_view value) {
  html.raw("<form action=\"/\" method=\"get\" role=\"search\" aria-label=\"").raw(button);
  html.raw("\"><label for=\"").raw(name).raw("\">").raw(label).raw("</label>");
  html.raw(
      "<span class=\"field\"><input type=\"search\" autocomplete=\"off\" spellcheck=\"false\" ");
  html.raw("autocapitalize=\"none\" id=\"").raw(name).raw("\" name=\"").raw(name);
  html.raw("\" aria-describedby=\"").raw(name).raw("-hint\" value=\"").text(value);
  html.raw("\"><button>").raw(button).raw("</button></span><small id=\"").raw(name);
  html.raw("-hint\">").raw(hint).raw("</small></form>\n");
}

void write_header(Html& html, const Status& status, std::string_view words, std::string_view what) {
  html.raw("<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n<h1>mesh-dns");
  if (!status.host.empty()) html.raw(" <small>on ").text(status.host).raw("</small>");
  html.raw(
      "</h1>\n<nav aria-label=\"On this page\"><ul><li><a href=\"#wrong\">What is wrong</a>"
      "<li><a href=\"#numbers\">Numbers</a><li><a href=\"#services\">Services</a>"
      "<li><a href=\"/status\">JSON</a><li><a href=\"/metrics\">Metrics</a></ul></nav>\n"
      "<div class=\"forms\">\n");
  write_form(html, "q", "Search services",
             "Parts of names, hostnames, kinds; the beginning of a VIP.", "Search", words);
  write_form(html, "explain", "Explain a name",
             "A hostname, an address, or KIND/NAME, as <code>mesh-dns explain</code> takes them.",
             "Explain", what);
  html.raw("</div>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

void write_story(Html& html, std::string_view what, const std::optional<std::string>& story) {
  html.raw(
          "<section id=\"story\" aria-labelledby=\"story-h\">\n<h2 id=\"story-h\">The story of "
          "<code>")
      .text(what)
      .raw("</code></h2>\n");
  if (story) {
    html.raw("<pre tabindex=\"0\" aria-labelledby=\"story-h\">").text(*story).raw("</pre>\n");
  } else {
    html.raw(
        "<p>There is no such resource. Expected a hostname, an address, or KIND/NAME with one "
        "of the kinds MeshService, MeshExternalService, MeshMultiZoneService and "
        "HostnameGenerator.</p>\n");
  }
  html.raw("</section>\n");
}

}  // namespace

std::string_view asked_story(const http::Target& target) {
  return trimmed(target.value("explain"));
}

http::Page front_page(const http::Target& target, const Status& status,
                      const pipeline::Build& build, const std::optional<std::string>& story) {
  const std::string_view words = trimmed(target.value("q"));
  const std::string_view what = asked_story(target);
  Html html;
  write_head(html, status);
  write_header(html, status, words, what);
  if (!what.empty()) write_story(html, what, story);
  // Who searches wants to see what was found.
  const ServicePage list = list_services(build, words, page_number(target.value("page")));
  if (!words.empty()) write_services(html, status, build, words, list);
  write_state(html, status);
  write_concerns(html, status, build);
  write_numbers(html, status);
  if (words.empty()) write_services(html, status, build, words, list);
  html.raw("</main>\n<footer><p>mesh-dns ").text(status.version);
  html.raw("</p></footer>\n<script>").raw(kPageScript).raw("</script>\n</body>\n</html>\n");
  http::Page page{200, "text/html; charset=utf-8", html.take()};
  add_headers(page);
  return page;
}

}  // namespace admin
