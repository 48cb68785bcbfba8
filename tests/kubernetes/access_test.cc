#include "kubernetes/access.h"

#include <gmock/gmock.h>

namespace kubernetes {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A kubeconfig of one cluster and one user.
std::string config(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
         "preferences: {}\n"
         "contexts:\n- {name: here, context: {cluster: c, user: u, namespace: ns}}\n"
         "- {name: there, context: {cluster: c}}\n"
         "- {name: astray, context: {cluster: nowhere, user: u}}\n"
         "clusters:\n- name: c\n  cluster: {" +
         cluster + "}\nusers:\n- name: u\n  user: {" + user + "}\n";
}

std::string errors(const AccessResult& result) {
  std::string text;
  for (const auto& diagnostic : result.diagnostics) text += to_string(diagnostic) + '\n';
  return text;
}

const std::string kServer = "server: \"https://10.0.0.1:6443\"";

TEST(KubeconfigTest, WhatIsRead) {
  struct Case {
    const char* why;
    std::string cluster;
    std::string user;
    Access expected;
  };
  const http::Url url{true, "10.0.0.1", 6443, ""};
  const Case kCases[] = {
      {"a token", "", "token: abc", {url, "", true, {}, {}, {}, {"abc", ""}, "ns"}},
      {"a token's file, from the folder of the kubeconfig",
       "",
       "tokenFile: run/token",
       {url, "", true, {}, {}, {}, {"", "/etc/k/run/token"}, "ns"}},
      {"the file wins over the token",
       "",
       "token: abc, tokenFile: /run/token",
       {url, "", true, {}, {}, {}, {"", "/run/token"}, "ns"}},
      {"files of certificates",
       ", certificate-authority: ca.crt",
       "client-certificate: c.crt, client-key: /k/c.key",
       {url, "", true, {"", "/etc/k/ca.crt"}, {"", "/etc/k/c.crt"}, {"", "/k/c.key"}, {}, "ns"}},
      {"certificates themselves, with and without padding",
       ", certificate-authority-data: Y2E=",
       "client-certificate-data: Y2VydA==, client-key-data: a2V5",
       {url, "", true, {"ca", ""}, {"cert", ""}, {"key", ""}, {}, "ns"}},
      {"data win over the file",
       ", certificate-authority: ca.crt, certificate-authority-data: Y2E=",
       "",
       {url, "", true, {"ca", ""}, {}, {}, {}, "ns"}},
      {"another name in the certificate",
       ", tls-server-name: kube.example",
       "",
       {url, "kube.example", true, {}, {}, {}, {}, "ns"}},
      {"what is empty isn't there",
       ", proxy-url: \"\", certificate-authority-data: \"\"",
       "token: abc, username: \"\", as: \"\", exec: null, client-key-data: \"\"",
       {url, "", true, {}, {}, {}, {"abc", ""}, "ns"}},
      {"base64 in several lines",
       ", certificate-authority-data: \"Y2Vy\\r\\n dA==\\n\"",
       "",
       {url, "", true, {"cert", ""}, {}, {}, {}, "ns"}},
      {"no verification",
       ", insecure-skip-tls-verify: true",
       "",
       {url, "", false, {}, {}, {}, {}, "ns"}},
  };
  for (const Case& row : kCases) {
    const auto result =
        parse_kubeconfig(config(kServer + row.cluster, row.user), "/etc/k/config", "");
    ASSERT_TRUE(result.access) << row.why << '\n' << errors(result);
    EXPECT_EQ(*result.access, row.expected) << row.why;
  }
}

TEST(KubeconfigTest, WhatIsRefusedAndWhy) {
  struct Case {
    const char* why;
    std::string text;
    const char* context;
    const char* said;
  };
  const Case kCases[] = {
      {"a plugin", config(kServer, "exec: {command: aws}"), "",
       "14:16: error: users.exec: isn't supported"},
      {"an old plugin", config(kServer, "auth-provider: {name: gcp}"), "",
       "users.auth-provider: isn't"},
      {"a password", config(kServer, "username: me, password: x"), "",
       "users.username: isn't supported"},
      {"impersonation", config(kServer, "token: a, as: root"), "", "users.as: isn't supported"},
      {"a proxy", config(kServer + ", proxy-url: \"http://p\"", ""), "",
       "clusters.proxy-url: isn't"},
      {"no server", config("", ""), "", "clusters.server: is missing"},
      {"a server that is no URL", config("server: 10.0.0.1", ""), "", "expected a URL"},
      {"a certificate without its key", config(kServer, "client-certificate: c"), "",
       "needs its key"},
      {"a context that isn't there", config(kServer, ""), "home", "there is none named \"home\""},
      {"a cluster that isn't there", config(kServer, ""), "astray", "none named \"nowhere\""},
      {"no base64", config(kServer + ", certificate-authority-data: \"?\"", ""), "",
       "certificate-authority-data is no base64"},
      {"no context at all", "apiVersion: v1\nkind: Config\n", "", "current-context: is missing"},
      {"no YAML", "a: [", "", "error"},
      {"a list", "- a\n", "", "expected a map"},
  };
  for (const Case& row : kCases) {
    const auto result = parse_kubeconfig(row.text, "config", row.context);
    EXPECT_FALSE(result.access) << row.why;
    EXPECT_THAT(errors(result), HasSubstr(row.said)) << row.why;
  }
}

TEST(KubeconfigTest, AContextMayNeedNoUser) {
  const auto result = parse_kubeconfig(config(kServer, "token: abc"), "config", "there");
  ASSERT_TRUE(result.access) << errors(result);
  EXPECT_FALSE(result.access->token.given());
  EXPECT_EQ(result.access->name_space, "default");
}

TEST(InClusterTest, WhatAPodFinds) {
  const auto result = in_cluster("10.96.0.1", "443", "/sa", "web\n");
  ASSERT_TRUE(result.access);
  EXPECT_EQ(*result.access, (Access{{true, "10.96.0.1", 443, ""},
                                    "",
                                    true,
                                    {"", "/sa/ca.crt"},
                                    {},
                                    {},
                                    {"", "/sa/token"},
                                    "web"}));
  EXPECT_EQ(in_cluster("fd00::1", "6443", "/sa", "").access->server.host, "fd00::1");
  EXPECT_EQ(in_cluster("10.96.0.1", "", "/sa", "").access->server.port, 443);
}

TEST(InClusterTest, OutsideOfAPodTheRemedyIsNamed) {
  const auto result = in_cluster("", "", "/sa", "");
  EXPECT_FALSE(result.access);
  EXPECT_THAT(errors(result), HasSubstr("this is no pod; set kubernetes.kubeconfig"));
  EXPECT_FALSE(in_cluster("a", "b", "/sa", "").access);
}

}  // namespace
}  // namespace kubernetes
