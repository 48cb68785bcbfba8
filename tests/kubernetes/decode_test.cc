#include "kubernetes/decode.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kubernetes {
namespace {

std::string status(const char* text) {
  const auto value = boost::json::parse(text);
  return status_text(&value);
}

TEST(StatusTextTest, TwoThatSayTheSameAreTheSame) {
  const struct {
    const char* why;
    const char* a;
    const char* b;
    bool same;
  } kCases[] = {
      {"the order of keys", R"({"vips":[{"ip":"a"}],"addresses":[{"b":1,"a":2}]})",
       R"({"addresses":[{"a":2,"b":1}],"vips":[{"ip":"a"}]})", true},
      {"what is empty", R"({"vips":[],"addresses":null})", "{}", true},
      {"what isn't ours", R"({"tls":{"status":"Ready"},"dataplaneProxies":{"total":1}})", "{}",
       true},
      {"another VIP", R"({"vips":[{"ip":"a"}]})", R"({"vips":[{"ip":"b"}]})", false},
      {"the order of a list", R"({"vips":[{"ip":"a"},{"ip":"b"}]})",
       R"({"vips":[{"ip":"b"},{"ip":"a"}]})", false},
      {"one VIP and several", R"({"vip":{"ip":"a"}})", R"({"vips":[{"ip":"a"}]})", false},
  };
  for (const auto& row : kCases) EXPECT_EQ(status(row.a) == status(row.b), row.same) << row.why;
  EXPECT_EQ(status_text(nullptr), "{}");
}

// A map of maps, or a list of lists.
std::string nested(const std::string& open, const std::string& close, int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += '1';
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(ParseTest, WhatIsNestedTooDeepIsLeftOut) {
  for (const int depth : {40, 1'000, 1'000'000}) {
    boost::system::error_code error;
    const auto value = parse_json(R"({"items":[{"a":)" + nested(R"({"]}\"":)", "}", depth) +
                                      R"(,"b":)" + nested("[", "]", depth) + R"(},{"c":"]"}]})",
                                  error, {});
    ASSERT_FALSE(error) << depth << ": " << error.message();
    EXPECT_EQ(value.at("items").at(0).at("a").as_object().size(), 1u);
    EXPECT_EQ(value.at("items").at(1).at("c"), "]") << depth;
  }
}

TEST(ParseTest, WhatIsNoJsonIsAnError) {
  const struct {
    const char* why;
    std::string text;
  } kCases[] = {
      {"nothing", ""},
      {"cut off", R"({"a":)"},
      {"cut off, deep", nested("[", "", 100)},
      {"too many ends, deep", nested("[", "]]", 100)},
      {"a string without an end, deep", nested("[", "", 100) + "\"]"},
  };
  for (const auto& row : kCases) {
    boost::system::error_code error;
    parse_json(row.text, error, {});
    EXPECT_TRUE(error) << row.why;
  }
}

TEST(DecodeTest, WhatIsOddIsLeftOut) {
  const auto value = boost::json::parse(
      R"({"metadata":{"name":"a","labels":[],"annotations":"x","creationTimestamp":5},
          "spec":{"clusterIP":"x","clusterIPs":[1,"10.0.0.1",null],"selector":null,
                  "ports":[{"port":0},{"port":70000},{"port":"80"},5,
                           {"port":80,"name":7,"targetPort":null}]}})");
  const Service service = decode_service(value.get_object());
  EXPECT_EQ(service.cluster_ips, std::vector{*mesh::Ip::parse("10.0.0.1")});
  ASSERT_EQ(service.ports.size(), 1u);
  EXPECT_EQ(service.ports[0].port, 80);
  EXPECT_EQ(service.ports[0].protocol, "TCP");
  EXPECT_TRUE(service.labels.empty());
}

TEST(DecodeTest, ASliceNamesPodsOfItsOwnNamespaceOnly) {
  const auto value = boost::json::parse(
      R"({"metadata":{"namespace":"mine","name":"s","labels":{"kubernetes.io/service-name":"db"}},
          "endpoints":[{"addresses":["10.0.0.1"],
                        "targetRef":{"kind":"Pod","name":"p","namespace":"yours"}}]})");
  EXPECT_EQ(decode_slice(value.get_object()).endpoints.at(0).pod, (Key{"mine", "p"}));
}

TEST(DecodeTest, WhichPodItIs) {
  const auto pod = boost::json::parse(R"({"metadata":{"name":"p","uid":"u-1"}})");
  EXPECT_EQ(decode_pod(pod.get_object()).uid, "u-1");
  const auto slice = boost::json::parse(
      R"({"endpoints":[{"addresses":["10.0.0.1"],"targetRef":{"kind":"Pod","name":"p","uid":"u-1"}},
                       {"addresses":["10.0.0.2"],"targetRef":{"kind":"Pod","name":"q"}}]})");
  const auto endpoints = decode_slice(slice.get_object()).endpoints;
  EXPECT_EQ(endpoints.at(0).uid, "u-1");
  EXPECT_EQ(endpoints.at(1).uid, "");
}

TEST(DecodeTest, WhatADefinitionSaysOfOurVersion) {
  const struct {
    const char* why;
    const char* versions;
    Definition expected;
  } kCases[] = {
      {"served, without status, as Kuma's own",
       R"([{"name":"v1alpha1","served":true}])",
       {.served = true}},
      {"with status",
       R"([{"name":"v1alpha1","served":true,"subresources":{"status":{}}}])",
       {.served = true, .status = true}},
      {"another subresource",
       R"([{"name":"v1alpha1","served":true,"subresources":{"scale":{}}}])",
       {.served = true}},
      {"not served", R"([{"name":"v1alpha1","served":false}])", {}},
      {"another version only",
       R"([{"name":"v1beta1","served":true,"subresources":{"status":{}}}])",
       {}},
      {"one of several",
       R"([{"name":"v1beta1","served":true},{"name":"v1alpha1","served":true}])",
       {.served = true}},
      {"nothing that is one", R"([5,{"name":"v1alpha1","served":"true"}])", {}},
      {"none", "null", {}},
  };
  for (const auto& row : kCases) {
    const auto value =
        boost::json::parse(std::string(R"({"spec":{"versions":)") + row.versions + "}}");
    EXPECT_EQ(decode_definition(value.get_object()), row.expected) << row.why;
  }
}

TEST(PodTest, OneThatSaysNothingOfItselfDoesNotCount) {
  EXPECT_FALSE(counts({.uid = "u-1"}));
  EXPECT_TRUE(counts({.gateway = true}));
  EXPECT_TRUE(counts({.pod_name = "p-0"}));
  EXPECT_TRUE(counts({.pod_index = "0"}));
}

}  // namespace
}  // namespace kubernetes
