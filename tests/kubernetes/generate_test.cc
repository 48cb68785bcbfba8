#include "kubernetes/generate.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "kubernetes/decode.h"

namespace kubernetes {
namespace {

using config::FromServices;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const mesh::Locality kLocality{"west", "default", "kubernetes"};

boost::json::object object(std::string_view text) {
  return boost::json::parse(text).get_object();
}

// Metadata of an object in namespace "ns".
std::string meta(const std::string& name, const std::string& labels = "",
                 const std::string& annotations = "", const std::string& uid = "") {
  return R"("metadata":{"namespace":"ns","name":")" + name + R"(","labels":{)" + labels +
         R"(},"annotations":{)" + annotations + "}" +
         (uid.empty() ? "" : R"(,"uid":")" + uid + '"') + '}';
}

const std::string kMesh = R"("kuma.io/mesh":"default")";
const std::string kSpec =
    R"("spec":{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],"selector":{"app":"redis"},)"
    R"("ports":[{"port":6379,"name":"redis","protocol":"TCP","targetPort":6379}]})";

struct World {
  Cluster cluster;

  World() { name_space(""); }
  void name_space(const std::string& labels) {
    cluster.namespaces[{"", "ns"}] =
        decode_namespace(object(R"({"metadata":{"name":"ns","labels":{)" + labels + "}}}"));
  }
  void service(const std::string& text) {
    const auto json = object('{' + text + '}');
    cluster.services[decode_key(json)] = decode_service(json);
  }
  void slice(const std::string& name, const std::string& of, const std::string& endpoints) {
    const auto json = object('{' + meta(name, R"("kubernetes.io/service-name":")" + of + '"') +
                             R"(,"endpoints":[)" + endpoints + "]}");
    cluster.slices[decode_key(json)] = decode_slice(json);
  }
  void pod(const std::string& name, const std::string& labels, const std::string& annotations,
           const std::string& uid = "") {
    const auto json = object('{' + meta(name, labels, annotations, uid) + '}');
    cluster.pods[decode_key(json)] = decode_pod(json);
  }
  Generated run(FromServices from = FromServices::Labelled) const {
    return generate(cluster, from, kLocality);
  }
  std::vector<std::string> names(FromServices from = FromServices::Labelled) const {
    std::vector<std::string> names;
    for (const auto& service : run(from).services) names.push_back(service->meta.core_name());
    return names;
  }
};

std::string endpoint(const std::string& pod, const std::string& address,
                     const std::string& uid = "") {
  return R"({"addresses":[")" + address + R"("],"targetRef":{"kind":"Pod","name":")" + pod + '"' +
         (uid.empty() ? "" : R"(,"uid":")" + uid + '"') + "}}";
}

// Kuma's rules, first decision wins (5.1 of its controller's behaviour).
TEST(GenerateTest, WhichServicesMakeOne) {
  struct Case {
    const char* why;
    std::string labels;
    std::string annotations;
    std::string spec;
    std::string name_space;
    FromServices from;
    bool made;
  };
  const std::string injected = R"("kuma.io/sidecar-injection":"enabled")";
  const Case kCases[] = {
      {"labelled", kMesh, "", kSpec, "", FromServices::Labelled, true},
      {"not labelled", "", "", kSpec, "", FromServices::Labelled, false},
      {"injection counts only where asked for", "", "", kSpec, injected, FromServices::Labelled,
       false},
      {"injection", "", "", kSpec, injected, FromServices::Injected, true},
      {"injection is off", "", "", kSpec, R"("kuma.io/sidecar-injection":"disabled")",
       FromServices::Injected, false},
      {"generation is off", kMesh, "", kSpec, injected, FromServices::Off, false},
      {"ignored", kMesh, R"("kuma.io/ignore":"true")", kSpec, "", FromServices::Labelled, false},
      {"ignored: yes", kMesh, R"("kuma.io/ignore":"yes")", kSpec, "", FromServices::Labelled,
       false},
      {"not ignored", kMesh, R"("kuma.io/ignore":"false")", kSpec, "", FromServices::Labelled,
       true},
      {"unreadable is not ignored", kMesh, R"("kuma.io/ignore":"x")", kSpec, "",
       FromServices::Labelled, true},
      {"a gateway, whatever the value", kMesh, R"("kuma.io/gateway":"")", kSpec, "",
       FromServices::Labelled, false},
      {"a zone proxy", kMesh + R"(,"k8s.kuma.io/zone-proxy-type":"ingress")", "", kSpec, "",
       FromServices::Labelled, false},
      {"no address yet", kMesh, "", R"("spec":{"ports":[]})", "", FromServices::Labelled, false},
      {"ExternalName, even with what it had before", kMesh, "",
       R"("spec":{"type":"ExternalName","clusterIP":"10.96.0.7"})", "", FromServices::Labelled,
       false},
      {"headless without pods", kMesh, "", R"("spec":{"clusterIP":"None"})", "",
       FromServices::Labelled, false},
  };
  for (const Case& row : kCases) {
    World world;
    world.name_space(row.name_space);
    world.service(meta("redis", row.labels, row.annotations) + ',' + row.spec);
    EXPECT_EQ(world.names(row.from).size(), row.made ? 1u : 0u) << row.why;
  }
}

TEST(GenerateTest, WhatIsMade) {
  World world;
  world.service(
      meta("redis", kMesh + R"(,"app":"r","kuma.io/origin":"global","kuma.io/zone":"east")") + ',' +
      kSpec);
  const auto services = world.run().services;
  ASSERT_EQ(services.size(), 1u);
  const mesh::Service& made = *services[0];
  EXPECT_EQ(to_string(made.id()), "MeshService redis.ns");
  EXPECT_EQ(made.origin, mesh::Origin::KubernetesService);
  EXPECT_THAT(made.vips, ElementsAre(*mesh::Ip::parse("10.96.0.7")));
  EXPECT_EQ(made.meta.labels, (mesh::Labels{{"app", "r"},
                                            {"kuma.io/mesh", "default"},
                                            {"kuma.io/display-name", "redis"},
                                            {"kuma.io/env", "kubernetes"},
                                            {"kuma.io/managed-by", "k8s-controller"},
                                            {"kuma.io/origin", "zone"},
                                            {"kuma.io/zone", "west"},
                                            {"k8s.kuma.io/is-headless-service", "false"},
                                            {"k8s.kuma.io/namespace", "ns"},
                                            {"k8s.kuma.io/service-name", "redis"}}));
  EXPECT_EQ(made.selector.by, mesh::Selector::By::DataplaneLabels);
  EXPECT_EQ(made.selector.match, (mesh::Labels{{"app", "redis"}, {"k8s.kuma.io/namespace", "ns"}}));
}

TEST(GenerateTest, WhichMesh) {
  struct Case {
    const char* why;
    const char* label;
    const char* name_space;
    const char* expected;
  };
  const Case kCases[] = {
      {"the Service's", R"("kuma.io/mesh":"a")", R"("kuma.io/mesh":"b")", "a"},
      {"else the namespace's", R"("kuma.io/mesh":"")", R"("kuma.io/mesh":"b")", "b"},
      {"else default", R"("kuma.io/mesh":"")", "", "default"},
  };
  for (const Case& row : kCases) {
    World world;
    world.name_space(row.name_space);
    world.service(meta("redis", row.label) + ',' + kSpec);
    EXPECT_EQ(world.run().services.at(0)->meta.mesh, row.expected) << row.why;
  }
}

TEST(GenerateTest, AMeshThatIsNotThereIsNamed) {
  World world;
  world.service(meta("redis", kMesh) + ',' + kSpec);
  world.cluster.meshes[{"", "other"}] = {};
  world.cluster.meshes_known = true;
  const Generated generated = world.run();
  EXPECT_THAT(generated.services, IsEmpty());
  EXPECT_THAT(to_string(generated.diagnostics.at(0)), HasSubstr("unknown Mesh \"default\""));
  world.cluster.meshes[{"", "default"}] = {};
  EXPECT_EQ(world.names().size(), 1u);
}

TEST(GenerateTest, APortsProtocol) {
  struct Case {
    const char* why;
    const char* port;
    const char* expected;  // "" for none
  };
  const Case kCases[] = {
      {"none is tcp", R"({"port":1})", "tcp"},
      {"as it is", R"({"port":1,"appProtocol":"grpc"})", "grpc"},
      {"in lower case", R"({"port":1,"appProtocol":"HTTP"})", "http"},
      {"h2c is http2", R"({"port":1,"appProtocol":"kubernetes.io/h2c"})", "http2"},
      {"WebSocket is http", R"({"port":1,"appProtocol":"kubernetes.io/ws"})", "http"},
      {"WebSocket over TLS is tls", R"({"port":1,"appProtocol":"kubernetes.io/wss"})", "tls"},
      {"https is tls", R"({"port":1,"appProtocol":"https"})", "tls"},
      {"UDP is udp", R"({"port":1,"protocol":"UDP","appProtocol":"dns"})", "udp"},
      {"SCTP is left out", R"({"port":1,"protocol":"SCTP"})", ""},
  };
  for (const Case& row : kCases) {
    World world;
    world.service(meta("redis", kMesh) + R"(,"spec":{"clusterIP":"10.96.0.7","ports":[)" +
                  row.port + "]}");
    const auto ports = world.run().services.at(0)->ports;
    EXPECT_EQ(ports.empty() ? "" : ports[0].app_protocol, row.expected) << row.why;
  }
}

TEST(GenerateTest, BothAddressesOfADualStackService) {
  World world;
  world.service(meta("redis", kMesh) +
                R"(,"spec":{"clusterIP":"fd00::7","clusterIPs":["fd00::7","10.96.0.7"]})");
  const auto services = world.run().services;
  EXPECT_THAT(services.at(0)->vips,
              ElementsAre(*mesh::Ip::parse("fd00::7"), *mesh::Ip::parse("10.96.0.7")));
}

TEST(GenerateTest, EachPodOfAHeadlessService) {
  World world;
  world.service(meta("example", kMesh) + R"(,"spec":{"clusterIP":"None"})");
  world.slice("a", "example", endpoint("p-0", "10.1.0.1") + ',' + endpoint("p-1", "10.1.0.2"));
  world.slice("b", "example", endpoint("p-0", "fd00::1") + ',' + endpoint("p-0", "10.1.0.1"));
  world.slice("c", "another", endpoint("p-9", "10.1.0.9"));
  world.slice("d", "example",
              R"({"addresses":["10.1.0.8"]},{"addresses":["10.1.0.8"],)"
              R"("targetRef":{"kind":"Node","name":"n"}},{"addresses":["x"],)"
              R"("targetRef":{"kind":"Pod","name":"q","apiVersion":"v2"}})");
  world.pod("p-0",
            R"("statefulset.kubernetes.io/pod-name":"p-0","apps.kubernetes.io/pod-index":"0")", "");
  const auto services = world.run().services;
  ASSERT_EQ(services.size(), 2u);
  const mesh::Service& made = *services[0];
  EXPECT_EQ(made.meta.name, headless_name("p-0", {"ns", "example"}));
  EXPECT_THAT(made.vips, ElementsAre(*mesh::Ip::parse("10.1.0.1"), *mesh::Ip::parse("fd00::1")));
  EXPECT_EQ(made.meta.labels.get("statefulset.kubernetes.io/pod-name"), "p-0");
  EXPECT_EQ(made.meta.labels.get("apps.kubernetes.io/pod-index"), "0");
  EXPECT_EQ(made.meta.labels.get("k8s.kuma.io/is-headless-service"), "true");
  EXPECT_EQ(made.meta.labels.get("k8s.kuma.io/service-name"), "example");
  EXPECT_EQ(made.selector.name, "p-0.ns");
  EXPECT_EQ(services[1]->meta.labels.get("statefulset.kubernetes.io/pod-name"), std::nullopt);
}

TEST(GenerateTest, APodThatWasReplaced) {
  struct Case {
    const char* why;
    const char* first;  // uid of the endpoint of 10.1.0.1
    const char* second;
    const char* pod;  // "none" for a pod that we don't know
    std::vector<std::string> expected;
  };
  const std::vector<std::string> both{"10.1.0.1", "10.1.0.2"};
  const Case kCases[] = {
      {"the old one is left out", "old", "new", "new", {"10.1.0.2"}},
      {"two slices of one pod", "new", "new", "new", both},
      {"a slice that doesn't say which", "", "new", "new", both},
      {"a pod that doesn't say which", "old", "new", "", both},
      {"a pod that we don't know", "old", "new", "none", both},
      {"what we know of pods is older than the slices", "new", "new", "old", both},
  };
  for (const Case& row : kCases) {
    World world;
    world.service(meta("db", kMesh) + R"(,"spec":{"clusterIP":"None"})");
    world.slice("a", "db", endpoint("db-0", "10.1.0.1", row.first));
    world.slice("b", "db", endpoint("db-0", "10.1.0.2", row.second));
    if (row.pod != std::string("none")) world.pod("db-0", "", "", row.pod);
    std::vector<std::string> found;
    for (const auto& service : world.run().services) {
      for (const mesh::Ip& ip : service->vips) found.push_back(ip.to_string());
    }
    EXPECT_EQ(found, row.expected) << row.why;
  }
}

TEST(GenerateTest, TheNameOfAPodsService) {
  // What Kuma's control plane calls it.
  EXPECT_EQ(headless_name("pod", {"demo", "example"}), "pod-87ff74c98");
  const std::string longest(52, 'a');
  EXPECT_EQ(headless_name(longest, {"demo", "example"}), longest + "-87ff74c98");
  // A longer one is cut, and told from others by the hash.
  const std::string cut = headless_name(longest + "b", {"demo", "example"});
  EXPECT_TRUE(cut.starts_with(longest + '-'));
  EXPECT_LE(cut.size(), 63u);
  EXPECT_NE(cut, headless_name(longest + "c", {"demo", "example"}));
}

TEST(GenerateTest, AServiceOfGatewayPods) {
  World world;
  world.service(meta("edge", kMesh) + ',' + kSpec);
  world.slice("a", "edge", endpoint("gone", "10.1.0.1") + ',' + endpoint("g", "10.1.0.2"));
  world.pod("g", "", R"("kuma.io/gateway":"enabled")");
  EXPECT_THAT(world.names(), IsEmpty());
  world.pod("g", "", "");
  EXPECT_THAT(world.names(), ElementsAre("edge.ns"));
}

TEST(GenerateTest, ANamespaceThatIsGoneHasNone) {
  World world;
  world.service(meta("redis", kMesh) + ',' + kSpec);
  world.cluster.namespaces.clear();
  EXPECT_THAT(world.names(), IsEmpty());
}

TEST(GenerateTest, TheSameWhateverTheOrder) {
  World world;
  for (const char* name : {"b", "a", "c"}) world.service(meta(name, kMesh) + ',' + kSpec);
  EXPECT_THAT(world.names(), ElementsAre("a.ns", "b.ns", "c.ns"));
}

}  // namespace
}  // namespace kubernetes
