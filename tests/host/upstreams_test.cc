#include "host/upstreams.h"

#include <gtest/gtest.h>

namespace host {
namespace {

using Texts = std::vector<std::string>;

config::Settings settings(const std::string& yaml) {
  const auto result = config::load_settings(yaml, "settings.yaml", {}, {});
  EXPECT_TRUE(result.diagnostics.empty());
  return result.settings;
}

// "example.org. 192.0.2.1:53 192.0.2.2:53" for each route.
Texts shown(const Upstreams& upstreams) {
  Texts lines;
  for (const dns::Route& route : upstreams.routes) {
    std::string& line = lines.emplace_back(route.zone.to_string());
    for (const dns::UpstreamAddress& server : route.servers) line += ' ' + dns::to_string(server);
  }
  return lines;
}

constexpr const char* kResolvConf = "nameserver 127.0.0.1\nnameserver 192.0.2.53\n";
const std::vector<dns::Endpoint> kElsewhere = {{"127.0.0.1", 15053}};

TEST(UpstreamsTest, WhereTheServersComeFrom) {
  const struct {
    const char* why;
    const char* yaml;
    Texts routes;
  } kCases[] = {
      {"the resolv.conf", "", {". 127.0.0.1:53 192.0.2.53:53"}},
      {"upstream.servers instead",
       "upstream: {servers: [192.0.2.1, \"[2001:db8::1]:5353\"]}",
       {". 192.0.2.1:53 [2001:db8::1]:5353"}},
      {"zones beside them",
       "upstream: {servers: [192.0.2.1], zones: {Corp.Example: [192.0.2.2]}}",
       {"corp.example. 192.0.2.2:53", ". 192.0.2.1:53"}},
  };
  for (const auto& c : kCases) {
    const Upstreams upstreams = make_upstreams(settings(c.yaml), kResolvConf, kElsewhere, {});
    EXPECT_EQ(shown(upstreams), c.routes) << c.why;
    EXPECT_TRUE(upstreams.diagnostics.empty()) << c.why;
  }
}

TEST(UpstreamsTest, WeAreNoUpstreamOfOurs) {
  const mesh::Ip own = *mesh::Ip::parse("192.0.2.53");
  const struct {
    const char* why;
    std::vector<dns::Endpoint> listening;
    Texts routes;
  } kCases[] = {
      {"the same address and port", {{"127.0.0.1", 53}}, {". 192.0.2.53:53"}},
      {"another port is another server", {{"127.0.0.1", 5353}}, {". 127.0.0.1:53 192.0.2.53:53"}},
      {"another family's wildcard", {{"::", 53}}, {". 127.0.0.1:53 192.0.2.53:53"}},
      {"a wildcard is all of the host's addresses", {{"0.0.0.0", 53}}, {"."}},
  };
  for (const auto& c : kCases) {
    const Upstreams upstreams = make_upstreams(settings(""), kResolvConf, c.listening, {own});
    EXPECT_EQ(shown(upstreams), c.routes) << c.why;
  }
  const Upstreams nobody = make_upstreams(settings(""), kResolvConf, {{"0.0.0.0", 53}}, {own});
  ASSERT_EQ(nobody.diagnostics.size(), 3u);
  EXPECT_NE(nobody.diagnostics[0].message.find("is this server itself"), std::string::npos);
  EXPECT_NE(nobody.diagnostics[2].message.find("set upstream.servers"), std::string::npos);
}

}  // namespace
}  // namespace host
