#include "admin/page.h"

#include <gmock/gmock.h>

#include <map>
#include <regex>

#include "admin/admin.h"

namespace admin {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile = "<script>alert(1)</script>\"'&";

std::shared_ptr<mesh::Service> service(const std::string& name) {
  auto made = std::make_shared<mesh::Service>();
  made->meta.mesh = "default";
  made->meta.name = name;
  made->meta.position = {std::make_shared<const std::string>("mesh.yaml"), 7, 3};
  made->ports.push_back({6379, "main", std::uint16_t{80}, "tcp"});
  return made;
}

// One service with one name, one VIP and one lost name.
pipeline::Build sample(const std::string& text) {
  pipeline::Build build;
  build.resources.services = {service(text)};
  auto generator = std::make_shared<mesh::HostnameGenerator>();
  build.hostnames.generators = {{generator, "by-" + text, "", true}};
  using hostname::Reason;
  build.hostnames.outcomes = {{{0, Reason::Generated, "good-" + text, ""},
                               {0, Reason::Collision, "lost-" + text, "won by " + text}}};
  build.allocation.vips = {{*mesh::Ip::parse("241.0.0.1")}};
  build.allocation.missing = {""};
  build.proxies = {{3, 2}};
  return build;
}

Status status_with(const std::string& text) {
  Status status{.version = text,
                .host = text,
                .mode = text,
                .zone = text,
                .mesh = "default",
                .listen = {text},
                .table = true,
                .confirmed = true,
                .waiting = text};
  status.sources = {{.name = text, .from = {text}, .problem = text}};
  status.outputs = {{.name = text, .problem = text}};
  status.summary.problems = {{mesh::Severity::Error,
                              {std::make_shared<const std::string>(text + ".yaml"), 4, 2},
                              "spec." + text,
                              "found " + text}};
  status.routes = {{text, {text}, text}};
  return status;
}

std::string body(const char* target, const Status& status = {}, const pipeline::Build& build = {},
                 const std::optional<std::string>& story = {}) {
  return front_page(http::parse_target(target), status, build, story).body;
}

// A page is too long to be printed by a matcher.
bool has(const std::string& html, const char* text) {
  return html.find(text) != html.npos;
}

TEST(PageTest, WhereNoDataplanesAreCountedNoneAreShown) {
  pipeline::Build build = sample("redis");
  EXPECT_THAT(body("/", {}, build), HasSubstr("2 of 3 healthy"));
  auto of_cluster = service("redis");
  of_cluster->origin = mesh::Origin::KubernetesService;
  build.resources.services = {of_cluster};
  build.proxies = {{0, 0}};
  const std::string html = body("/", {}, build);
  EXPECT_THAT(html, HasSubstr("<small>generated</small>"));
  EXPECT_THAT(html, Not(HasSubstr("healthy")));
}

TEST(PageTest, NothingThatIsReadBecomesMarkup) {
  const std::string target = "/?q=" + http::escape(kHostile) + "&explain=" + http::escape(kHostile);
  const std::string html = body(target.c_str(), status_with(kHostile), sample(kHostile), kHostile);
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  // No bracket and no quote but those of the program's own markup.
  const std::regex tag("<[a-z0-9/]+( [a-z-]+(=\"[^\"<>]*\")?)*>");
  const std::string no_program =
      std::regex_replace(html, std::regex("<(style|script)>[^]*?</\\1>|<!DOCTYPE html>"), "");
  const std::string no_tags = std::regex_replace(no_program, tag, "");
  EXPECT_EQ(no_tags.find_first_of("<>\""), no_tags.npos)
      << no_tags.substr(no_tags.find_first_of("<>\""), 100);
}

TEST(PageTest, WhatAServiceIsToldOf) {
  const std::string html = body("/", {.mesh = "default"}, sample("redis"));
  for (const char* told :
       {"href=\"/?explain=MeshService%2Fredis#story\"", "href=\"/?explain=good-redis#story\"",
        "href=\"/?explain=241.0.0.1#story\"", "Collision</span> not <a", "won by redis",
        "generator by-redis", "mesh.yaml:7:3", "6379 tcp <small>main</small>", "2 of 3 healthy"}) {
    EXPECT_TRUE(has(html, told)) << told;
  }
  EXPECT_THAT(html, Not(HasSubstr("not served here")));
  EXPECT_THAT(body("/", {.mesh = "other"}, sample("redis")),
              HasSubstr("mesh default, not served here"));
}

TEST(PageTest, WhatIsWrongWithFiles) {
  const std::string html = body("/", status_with("web"));
  EXPECT_THAT(html, AllOf(HasSubstr("<code>web.yaml:4:2</code>"),
                          HasSubstr("<code>spec.web</code>: found web")));
  EXPECT_THAT(body("/"), HasSubstr("Nothing that is known"));
  Status many;
  many.summary.problems.assign(123, {mesh::Severity::Warning, {}, "", "a"});
  many.summary.problems.push_back({mesh::Severity::Error, {}, "", "the last is worst"});
  EXPECT_THAT(body("/", many), AllOf(HasSubstr("the last is worst"), HasSubstr("<p>24 more")));
}

TEST(PageTest, TheStoryOfAName) {
  const struct {
    const char* why;
    const char* target;
    std::optional<std::string> story;
    const char* told;
    const char* untold;
  } kCases[] = {
      {"none is asked for", "/", {}, "<h2", "The story of"},
      {"blanks are none", "/?explain=+", {}, "<h2", "The story of"},
      {"a name", "/?explain=+a.mesh+", "a.mesh is 241.0.0.1\n", "a.mesh is 241.0.0.1\n</pre>",
       "no such resource"},
      {"it stays in its field", "/?explain=a.mesh", "", "value=\"a.mesh\"", "no such resource"},
      {"no resource", "/?explain=hg/nope", {}, "There is no such resource", "<pre"},
  };
  for (const auto& row : kCases) {
    const std::string html = body(row.target, {}, {}, row.story);
    EXPECT_TRUE(has(html, row.told)) << row.why;
    EXPECT_FALSE(has(html, row.untold)) << row.why;
  }
}

TEST(PageTest, WhatWasFoundComesBeforeTheState) {
  const auto services_at = [](const std::string& html) { return html.find("id=\"services\""); };
  const auto state_at = [](const std::string& html) { return html.find("id=\"state\""); };
  const std::string all = body("/", {}, sample("redis"));
  const std::string found = body("/?q=redis", {}, sample("redis"));
  EXPECT_LT(state_at(all), services_at(all));
  EXPECT_LT(services_at(found), state_at(found));
  EXPECT_THAT(found, HasSubstr("1 of 1 services are found"));
}

TEST(PageTest, Pages) {
  pipeline::Build build;
  build.resources.services.assign(250, service("a"));
  build.hostnames.outcomes.resize(250);
  build.allocation.vips.resize(250);
  build.allocation.missing.resize(250);
  build.proxies.resize(250);
  const struct {
    const char* target;
    const char* told;
    const char* untold;
  } kCases[] = {
      {"/", "Page 1 of 3", "rel=\"prev\""},
      {"/?page=2", "Shown: 101–200", "Page 9"},
      {"/?page=3", "Page 3 of 3", "rel=\"next\""},
      {"/?page=x", "Page 1 of 3", "rel=\"prev\""},
      {"/?page=-1", "Page 1 of 3", "rel=\"prev\""},
      {"/?page=99999999999999999999999", "Page 1 of 3", "rel=\"prev\""},
      {"/?page=999", "Page 3 of 3", "rel=\"next\""},
      {"/?q=a&page=2", "href=\"/?q=a&amp;page=3#services\"", "Page 9"},
  };
  for (const auto& row : kCases) {
    const std::string html = body(row.target, {}, build);
    EXPECT_TRUE(has(html, row.told)) << row.target;
    EXPECT_FALSE(has(html, row.untold)) << row.target;
  }
}

TEST(PageTest, NothingElseIsAllowed) {
  const http::Page page = front_page(http::parse_target("/"), {}, {}, {});
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  std::map<std::string, std::string> headers(page.headers.begin(), page.headers.end());
  const std::string& policy = headers["Content-Security-Policy"];
  EXPECT_THAT(policy, AllOf(HasSubstr("default-src 'none';"), HasSubstr("frame-ancestors 'none'"),
                            HasSubstr("base-uri 'none'"), Not(HasSubstr("unsafe"))));
  // 32 octets in base64.
  EXPECT_TRUE(std::regex_search(policy, std::regex("script-src 'sha256-[A-Za-z0-9+/]{43}='")));
  EXPECT_TRUE(std::regex_search(policy, std::regex("style-src 'sha256-[A-Za-z0-9+/]{43}='")));
  EXPECT_EQ(headers["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(headers["Referrer-Policy"], "no-referrer");
}

TEST(PageTest, OnlyWhatIsAskedForIsExplained) {
  const pipeline::Build build;
  std::string asked;
  const auto page = [&](const char* target) {
    return people_page(http::parse_target(target), {}, build,
                       [&](std::string_view what) -> std::optional<std::string> {
                         asked = what;
                         return "its story";
                       })
        .body;
  };
  EXPECT_THAT(page("/"), Not(HasSubstr("its story")));
  EXPECT_EQ(asked, "");
  EXPECT_THAT(page("/?explain=a.mesh"), HasSubstr("its story"));
  EXPECT_EQ(asked, "a.mesh");
}

}  // namespace
}  // namespace admin
