#include "http/url.h"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(UrlTest, WhatIsAUrlOfAServer) {
  struct Case {
    const char* why;
    const char* text;
    std::optional<Url> expected;
  };
  const Case kCases[] = {
      {"https has port 443", "https://kube.example", Url{true, "kube.example", 443, ""}},
      {"http has port 80", "http://kube.example", Url{false, "kube.example", 80, ""}},
      {"a port", "https://10.0.0.1:6443", Url{true, "10.0.0.1", 6443, ""}},
      {"IPv6 is in brackets", "https://[fd00::1]:6443", Url{true, "fd00::1", 6443, ""}},
      {"IPv6 without a port", "https://[::1]", Url{true, "::1", 443, ""}},
      {"a path, as of a proxy", "https://p.example/k8s/c/1/",
       Url{true, "p.example", 443, "/k8s/c/1"}},
      {"a '/' alone is no path", "https://p.example/", Url{true, "p.example", 443, ""}},
      {"no scheme", "10.0.0.1:6443", std::nullopt},
      {"another scheme", "ftp://10.0.0.1", std::nullopt},
      {"no host", "https://", std::nullopt},
      {"no host but a port", "https://:6443", std::nullopt},
      {"port 0", "https://a:0", std::nullopt},
      {"a port too large", "https://a:65536", std::nullopt},
      {"a port that is none", "https://a:http", std::nullopt},
      {"an empty port", "https://a:", std::nullopt},
      {"IPv6 that never ends", "https://[::1", std::nullopt},
      {"something behind the brackets", "https://[::1]x", std::nullopt},
      {"a query", "https://a/b?c=d", std::nullopt},
      {"a user", "https://me@a", std::nullopt},
      {"a blank", "https://a b", std::nullopt},
      {"a line break, which would end a header", "https://a\r\nX: y", std::nullopt},
  };
  for (const Case& row : kCases) EXPECT_EQ(parse_url(row.text), row.expected) << row.why;
}

TEST(UrlTest, ItsTextIsReadBack) {
  for (const char* text : {"https://a:443", "http://10.0.0.1:8080/x", "https://[::1]:6443"}) {
    EXPECT_EQ(to_string(*parse_url(text)), text);
  }
}

TEST(UrlTest, OfAUnixSocket) {
  EXPECT_EQ(to_string(unix_url("/run/a.sock")), "unix:/run/a.sock");
}

TEST(UrlTest, WhatARequestAsksFor) {
  using Query = std::vector<std::pair<std::string, std::string>>;
  const struct {
    const char* why;
    const char* text;
    const char* path;
    Query query;
  } kCases[] = {
      {"a path alone", "/metrics", "/metrics", {}},
      {"a query", "/explain?name=a.b&type=A", "/explain", {{"name", "a.b"}, {"type", "A"}}},
      {"an empty query", "/?", "/", {}},
      {"a name without a value", "/?verbose", "/", {{"verbose", ""}}},
      {"a value with '='", "/?a=b=c", "/", {{"a", "b=c"}}},
      {"an empty pair", "/?&a=1&", "/", {{"a", "1"}}},
      {"escapes, of either case", "/%2f?q=%C3%a4", "//", {{"q", "\xc3\xa4"}}},
      {"a blank, as forms write it", "/a+b?q=a+b%2B", "/a+b", {{"q", "a b+"}}},
      {"an escape that is cut off", "/?q=%4", "/", {{"q", "%4"}}},
      {"an escape that is none", "/?q=%zz", "/", {{"q", "%zz"}}},
      {"a fragment is not the server's", "/?q=1#x", "/", {{"q", "1"}}},
      {"nothing", "", "", {}},
  };
  for (const auto& row : kCases) {
    const Target target = parse_target(row.text);
    EXPECT_EQ(target.path, row.path) << row.why;
    EXPECT_EQ(target.query, row.query) << row.why;
  }
  EXPECT_EQ(parse_target("/?a=1&a=2").value("a"), "1");
  EXPECT_EQ(parse_target("/?a=1").value("b"), "");
}

// RFC 9112, 3.2.2
TEST(UrlTest, WhatARequestInAbsoluteFormAsksFor) {
  const struct {
    const char* why;
    const char* text;
    const char* authority;
    const char* path;
  } kCases[] = {
      {"a path", "http://localhost/healthz", "localhost", "/healthz"},
      {"a port and a query", "http://127.0.0.1:80/a?q=1", "127.0.0.1:80", "/a"},
      {"either case", "HTTP://[::1]/a", "[::1]", "/a"},
      {"no path", "http://localhost", "localhost", "/"},
      {"a query without a path", "http://localhost?q=1", "localhost", "/"},
      {"a path alone", "/http://localhost/a", "", "/http://localhost/a"},
      {"another scheme", "https://localhost/a", "", "https://localhost/a"},
  };
  for (const auto& row : kCases) {
    const Target target = parse_target(row.text);
    EXPECT_EQ(target.authority, row.authority) << row.why;
    EXPECT_EQ(target.path, row.path) << row.why;
  }
  EXPECT_EQ(parse_target("http://localhost?q=1").value("q"), "1");
}

TEST(UrlTest, WhichHostsAreThisOneAnywhere) {
  const struct {
    const char* why;
    const char* host;
    bool local;
  } kCases[] = {
      {"HTTP/1.0 has none", "", true},
      {"an address", "127.0.0.1", true},
      {"an address and a port", "127.0.0.1:15056", true},
      {"of another, as through a forwarder", "10.0.0.1:80", true},
      {"IPv6", "[::1]:15056", true},
      {"IPv6 without a port", "[::1]", true},
      {"localhost", "LocalHost:8080", true},
      {"a final dot", "localhost.", true},
      {"below localhost (RFC 6761)", "a.localhost:1", true},
      {"a name of the web", "rebind.example.org:15056", false},
      {"a name that only looks like it", "localhost.example.org", false},
      {"a name that ends like it", "notlocalhost", false},
      {"a name that begins like an address", "127.0.0.1.example.org", false},
      {"an address that the browser would have written otherwise", "127.1", false},
      {"no address in brackets", "[example.org]", false},
      {"brackets without an end", "[::1", true},
      {"a user, before a name of the web", "localhost:1@rebind.example.org", false},
      {"likewise, that looks like IPv6", "[::1]@rebind.example.org", false},
  };
  for (const auto& row : kCases) EXPECT_EQ(is_local_host(row.host), row.local) << row.why;
}

TEST(UrlTest, WhatIsEscapedInAQuery) {
  EXPECT_EQ(escape("kuma.io/mesh"), "kuma.io%2Fmesh");
  EXPECT_EQ(escape("a!=b,c"), "a%21%3Db%2Cc");
  EXPECT_EQ(escape("-._~"), "-._~");
  EXPECT_EQ(escape("\xff\n"), "%FF%0A");
}

}  // namespace
}  // namespace http
