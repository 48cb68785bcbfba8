// What the resources may look like, and what is said of what they may not.
#include "config/document.h"

#include <gtest/gtest.h>

namespace config {
namespace {

LoaderSettings settings(UnknownFields unknown = UnknownFields::Refuse) {
  return {{"east", "default", "universal"}, {}, unknown};
}

Document parsed(std::string_view text, UnknownFields unknown = UnknownFields::Refuse) {
  return parse_document(text, {std::make_shared<const std::string>("f"), 1}, settings(unknown));
}

std::string text(const mesh::Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += to_string(diagnostic) + '\n';
  return text;
}

// A document with one thing changed: its fields stand at known places.
std::string service(const std::string& spec) {
  return "type: MeshService\nmesh: default\nname: redis\nspec:\n" + spec;
}
std::string generator(const std::string& spec) {
  return "type: HostnameGenerator\nname: g\nspec:\n" + spec;
}
std::string external(const std::string& spec) {
  return "type: MeshExternalService\nmesh: default\nname: pay\nspec:\n" + spec;
}
std::string multi_zone(const std::string& spec) {
  return "type: MeshMultiZoneService\nmesh: default\nname: redis\nspec:\n" + spec;
}
std::string dataplane(const std::string& rest) {
  return "type: Dataplane\nmesh: default\nname: dp\nnetworking:\n" + rest;
}
const std::string kMatch = "  selector: {meshService: {matchLabels: {a: b}}}\n";

TEST(DocumentTest, WhatIsSaidOfWhatIsWrong) {
  const struct {
    const char* why;
    std::string document;
    std::string said;  // a part of it; "" when it is fine
  } kCases[] = {
      // What it is at all.
      {"neither type nor kind", "name: x\n",
       "f:1:1: error: has neither `type` (universal) nor `kind`"},
      {"both", "type: MeshService\nkind: MeshService\n", "has both `type` and `kind`"},
      {"a list", "- a\n", "expected a resource, found a list"},
      {"a text", "hello\n", "expected a resource, found \"hello\""},
      {"a kind that nobody has", "type: MeshServise\nname: a\n",
       "f:1:7: error: type: there is no kind \"MeshServise\"; did you mean MeshService?"},
      {"a kind of Kuma that has nothing to do with names", "type: MeshTimeout\nname: a\n",
       "f:1:7: notice: type: MeshTimeout does not concern names; skipped"},
      {"VirtualOutbound", "type: VirtualOutbound\nname: a\n",
       "warning: type: VirtualOutbound is skipped: HostnameGenerators"},
      {"a Mesh is read", "type: Mesh\nname: default\nmtls: {x: y}\n", ""},
      {"a kind of Kubernetes", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
       "notice: kind: v1 Pod is no resource of Kuma"},
      {"one that has a type as well", "apiVersion: v1\nkind: Secret\ntype: Opaque\n",
       "notice: kind: v1 Secret is no resource of Kuma"},
      {"a kind that is no string", "apiVersion: v1\nkind: {a: b}\n",
       "apiVersion: expected kuma.io/v1alpha1, found \"v1\""},
      {"an apiVersion that is no string", "apiVersion: {a: b}\nkind: Pod\n",
       "apiVersion: expected kuma.io/v1alpha1, found a map"},
      {"a List of nothing", "kind: List\n", "f:1:1: error: items: is missing"},
      {"a List whose items are none", "kind: List\nitems: {a: b}\n",
       "f:2:8: error: items: expected a list, found a map"},
      {"a List as Go writes an empty one", "kind: List\nitems: null\n", ""},
      {"without apiVersion", "kind: MeshService\nmetadata: {name: a}\n",
       "apiVersion: is missing: kuma.io/v1alpha1"},
      {"of another version", "apiVersion: kuma.io/v2\nkind: MeshService\nmetadata: {name: a}\n",
       "expected kuma.io/v1alpha1, found \"kuma.io/v2\""},
      // Its name, mesh, labels, time.
      {"no name", "type: MeshService\nmesh: default\n", "name: is missing"},
      {"a name with a capital", "type: MeshService\nname: Redis\n",
       "f:2:7: error: name: \"Redis\" is no name"},
      {"a name that is a number", "type: MeshService\nname: 123\n",
       "expected a string, found the number 123: quote it, as \"123\""},
      {"quoted it may be", "type: MeshService\nname: \"123\"\n",
       "warning: name: Kuma 3 refuses the name"},
      {"a name that Kuma 3 refuses", "type: MeshService\nname: a.b\n",
       "warning: name: Kuma 3 refuses the name \"a.b\""},
      {"a name of 254", "type: MeshService\nname: " + std::string(254, 'a') + "\n", "is no name"},
      {"no metadata", "apiVersion: kuma.io/v1alpha1\nkind: MeshService\n", "metadata: is missing"},
      {"labels that are numbers", "type: MeshService\nname: a\nlabels: {v: 1}\n",
       "labels.v: expected a string, found the number 1: quote it, as \"1\""},
      {"labels that are booleans", "type: MeshService\nname: a\nlabels: {v: true}\n",
       "found the boolean true: quote it"},
      {"a version is no number", "type: MeshService\nname: a\nlabels: {v: 1.2.3}\n", ""},
      {"a label key with a domain", "type: MeshService\nname: a\nlabels: {example.org/team: db}\n",
       ""},
      {"a label key that is none", "type: MeshService\nname: a\nlabels: {\"a b\": c}\n",
       "labels[\"a b\"]: is no label key"},
      {"a label value that is none", "type: MeshService\nname: a\nlabels: {a: \"b c\"}\n",
       "\"b c\" is no label value"},
      {"an empty label value", "type: MeshService\nname: a\nlabels: {a: \"\"}\n", ""},
      {"a label value of 64",
       "type: MeshService\nname: a\nlabels: {a: " + std::string(64, 'b') + "}\n",
       "is no label value"},
      {"an origin that is none", "type: MeshService\nname: a\nlabels: {kuma.io/origin: west}\n",
       "labels[\"kuma.io/origin\"]: expected one of zone, global"},
      {"mesh and its label disagree",
       "type: MeshService\nname: a\nmesh: x\nlabels: {kuma.io/mesh: y}\n",
       "mesh: is \"x\", but the label kuma.io/mesh says \"y\""},
      {"a time", "type: MeshService\nname: a\ncreationTime: 2024-05-06T07:08:09.123Z\n", ""},
      {"no time", "type: MeshService\nname: a\ncreationTime: yesterday\n",
       "creationTime: expected a time"},
      {"no such day", "type: MeshService\nname: a\ncreationTime: 2024-02-30T00:00:00Z\n",
       "creationTime: expected a time"},
      {"a field that is unknown", "type: MeshService\nname: a\nlabel: {a: b}\n",
       "f:3:1: error: label: there is no such field; did you mean \"labels\"?"},
      // MeshService.
      {"the least there is", "type: MeshService\nname: a\n", ""},
      {"spec that is a list", service("- a\n"), "spec: expected a map, found a list"},
      {"port 0", service("  ports: [{port: 0}]\n"),
       "f:5:18: error: spec.ports[0].port: 0 is not between 1 and 65535"},
      {"port 99999", service("  ports: [{port: 99999}]\n"), "99999 is not between 1 and 65535"},
      {"a port that is negative", service("  ports: [{port: -1}]\n"), "-1 is not between"},
      {"a port that is huge", service("  ports: [{port: 99999999999999999999}]\n"),
       "is not between 1 and 65535"},
      {"a port in quotes", service("  ports: [{port: \"80\"}]\n"),
       "expected a number, found \"80\""},
      {"a port that is no whole number", service("  ports: [{port: 80.5}]\n"), "expected a number"},
      {"no port", service("  ports: [{name: a}]\n"), "spec.ports[0].port: is missing"},
      {"ports that are no list", service("  ports: {port: 80}\n"),
       "spec.ports: expected a list, found a map"},
      {"one port twice", service("  ports: [{port: 80}, {port: 80, name: x}]\n"),
       "spec.ports[1].port: port 80 is given twice"},
      {"one name twice", service("  ports: [{port: 80, name: x}, {port: 81, name: x}]\n"),
       "spec.ports[1].name: the port name \"x\" is given twice"},
      {"a name that is another's number",
       service("  ports: [{port: 80}, {port: 81, name: \"80\"}]\n"),
       "the port name \"80\" is given twice"},
      {"an empty name", service("  ports: [{port: 80, name: \"\"}]\n"), "is empty: leave it out"},
      {"a name that no SRV record can have", service("  ports: [{port: 80, name: \"a b\"}]\n"),
       "warning: spec.ports[0].name: \"a b\" has no SRV records"},
      {"targetPort by name", service("  ports: [{port: 80, targetPort: http}]\n"), ""},
      {"targetPort out of range", service("  ports: [{port: 80, targetPort: 70000}]\n"),
       "spec.ports[0].targetPort: 70000 is not between"},
      {"appProtocol in capitals", service("  ports: [{port: 80, appProtocol: HTTP}]\n"), ""},
      {"an appProtocol nobody knows", service("  ports: [{port: 80, appProtocol: smtp}]\n"),
       "warning: spec.ports[0].appProtocol: \"smtp\" is a protocol that Kuma doesn't know"},
      {"one of Kubernetes", service("  ports: [{port: 80, appProtocol: kubernetes.io/h2c}]\n"), ""},
      {"a misspelt field", service("  ports: [{port: 80, appProtokol: http}]\n"),
       "spec.ports[0].appProtokol: there is no such field; did you mean \"appProtocol\"?"},
      {"a selector without a value counts",
       service("  selector: {dataplaneTags: {a: b}, dataplaneRef: null}\n"),
       "spec.selector: 2 selectors; at most one of"},
      {"a VIP that is a map", service("  ports: []\nstatus: {vips: [{ip: {}}]}\n"),
       "status.vips[0].ip: expected an IP address, found a map"},
      {"two selectors", service("  selector: {dataplaneTags: {a: b}, dataplaneRef: {name: x}}\n"),
       "spec.selector: 2 selectors; at most one of"},
      {"labels that match all", service("  selector: {dataplaneLabels: {}}\n"), ""},
      {"labels without matchLabels", service("  selector: {dataplaneLabels: {a: b}}\n"),
       "spec.selector.dataplaneLabels.a: there is no such field"},
      {"a ref without name", service("  selector: {dataplaneRef: {}}\n"),
       "spec.selector.dataplaneRef.name: is missing"},
      {"an unknown selector", service("  selector: {meshService: {}}\n"),
       "spec.selector.meshService: there is no such field"},
      {"a VIP that is none", "type: MeshService\nname: a\nstatus: {vips: [{ip: x}]}\n",
       "status.vips[0].ip: expected an IP address, found \"x\""},
      // HostnameGenerator.
      {"a generator", generator(kMatch + "  template: \"{{ .Name }}.mesh\"\n"), ""},
      {"no selector", generator("  template: a\n"), "spec.selector: is missing"},
      {"no kind selected", generator("  selector: {}\n  template: a\n"),
       "spec.selector: 0 selectors; exactly one of meshService"},
      {"two kinds",
       generator("  selector: {meshService: {}, meshExternalService: {}}\n  template: a\n"),
       "spec.selector: 2 selectors; exactly one of"},
      {"no template", generator(kMatch), "spec.template: is missing"},
      {"an empty template", generator(kMatch + "  template: \"\"\n"), "spec.template: is empty"},
      {"a template without quotes", generator(kMatch + "  template: {{ .Name }}.mesh\n"),
       "not in quotes?"},
      {"a template as a block with its line break",
       generator(kMatch + "  template: |\n    a.mesh\n"), "as a block with |- instead of |"},
      {"without it", generator(kMatch + "  template: |-\n    a.mesh\n"), ""},
      {"a mesh",
       "type: HostnameGenerator\nname: g\nmesh: default\nspec:\n" + kMatch + "  template: a.mesh\n",
       "warning: mesh: a HostnameGenerator belongs to no mesh"},
      {"no spec", "type: HostnameGenerator\nname: g\n", "spec: is missing"},
      // MeshExternalService.
      {"an external one",
       external("  match: {type: HostnameGenerator, port: 443, protocol: tcp}\n"), ""},
      {"no match", external("  endpoints: []\n"), "spec.match: is missing"},
      {"no port", external("  match: {type: HostnameGenerator}\n"), "spec.match.port: is missing"},
      {"another type", external("  match: {type: X, port: 1}\n"),
       "spec.match.type: expected one of HostnameGenerator"},
      {"a protocol", external("  match: {port: 1, protocol: smtp}\n"),
       "spec.match.protocol: expected one of tcp"},
      {"an endpoint without address", external("  match: {port: 1}\n  endpoints: [{port: 1}]\n"),
       "spec.endpoints[0].address: is missing"},
      {"an address that is none",
       external("  match: {port: 1}\n  endpoints: [{address: \"a_b c\", port: 1}]\n"),
       "expected an IP address or a DNS name"},
      {"a priority",
       external("  match: {port: 1}\n  endpoints: [{address: a, port: 1, priority: 129}]\n"),
       "129 is not between 0 and 128"},
      {"TLS versions", external("  match: {port: 1}\n  tls: {version: {min: TLS13, max: TLS12}}\n"),
       "spec.tls.version.min: is above max"},
      {"half a client certificate",
       external("  match: {port: 1}\n  tls: {verification: {clientCert: {type: Secret}}}\n"),
       "clientKey: is missing"},
      {"an extension is of a type", external("  match: {port: 1}\n  extension: {type: 5}\n"),
       "spec.extension.type: expected a string, found the number 5"},
      {"beside an extension all is checked",
       external("  match: {port: 1}\n  extension: {type: x}\n  endpoints: {a: b}\n"),
       "spec.endpoints: expected a list, found a map"},
      {"a name in a certificate that is none",
       external("  match: {port: 1}\n  tls: {verification: {subjectAltNames: [{value: {}}]}}\n"),
       "spec.tls.verification.subjectAltNames[0].value: expected a string, found a map"},
      {"an extension is not looked into",
       external("  match: {port: 1}\n  extension: {type: x, config: {any: thing}}\n"), ""},
      // MeshMultiZoneService.
      {"one of all zones", multi_zone(kMatch + "  ports: [{port: 80}]\n"), ""},
      {"no ports", multi_zone(kMatch), "spec.ports: expected at least one port"},
      {"labels that would match nothing",
       multi_zone("  selector: {meshService: {matchLabels: {}}}\n  ports: [{port: 80}]\n"),
       "expected at least one label"},
      {"targetPort is not its own", multi_zone(kMatch + "  ports: [{port: 80, targetPort: 1}]\n"),
       "spec.ports[0].targetPort: there is no such field"},
      // Dataplane.
      {"a Dataplane",
       dataplane("  address: 192.0.2.1\n  inbound: [{port: 80, tags: {kuma.io/service: web}}]\n"),
       ""},
      {"in the shape with spec",
       "type: Dataplane\nmesh: default\nname: dp\nspec: {networking: {address: 192.0.2.1}}\n", ""},
      {"no networking", "type: Dataplane\nmesh: default\nname: dp\n", "networking: is missing"},
      {"no address", dataplane("  inbound: []\n"), "networking.address: is missing"},
      {"an address of everyone", dataplane("  address: 0.0.0.0\n"),
       "expected the IP address or DNS name"},
      {"addresses of their own",
       dataplane(
           "  address: a.b\n  advertisedAddress: 2001:db8::1\n  inbound: [{port: 80, address: "
           "192.0.2.7}, {port: 81, address: \"\"}]\n"),
       ""},
      {"an advertised address that is none",
       dataplane("  address: a.b\n  advertisedAddress: A_B\n"),
       "networking.advertisedAddress: expected the IP address or DNS name"},
      {"an inbound's address of everyone",
       dataplane("  address: a.b\n  inbound: [{port: 80, address: \"::\"}]\n"),
       "networking.inbound[0].address: expected the IP address or DNS name"},
      {"health is looked at in any state",
       dataplane("  address: a.b\n  inbound: [{port: 80, state: NotReady, health: {ready: x}}]\n"),
       "networking.inbound[0].health.ready: expected true or false, found \"x\""},
      {"a state that is none", dataplane("  address: a.b\n  inbound: [{port: 80, state: Up}]\n"),
       "networking.inbound[0].state: expected one of Ready, NotReady, Ignored"},
      {"tags that are numbers",
       dataplane("  address: a.b\n  inbound: [{port: 80, tags: {v: 1}}]\n"),
       "networking.inbound[0].tags.v: expected a string"},
  };
  for (const auto& row : kCases) {
    const Document document = parsed(row.document);
    const std::string said = text(document.diagnostics);
    if (row.said.empty()) {
      EXPECT_EQ(said, "") << row.why;
    } else {
      EXPECT_NE(said.find(row.said), std::string::npos) << row.why << ":\n" << said;
    }
    const std::size_t resources =
        document.services.size() + document.generators.size() + document.dataplanes.size();
    if (mesh::has_errors(document.diagnostics)) {
      EXPECT_EQ(resources, 0u) << row.why << ": what has an error is not used";
    }
  }
}

TEST(DocumentTest, AnInboundsAddressIsItsOwnElseTheAdvertisedElseTheDataplanes) {
  const struct {
    const char* rule;
    const char* networking;
    const char* address;  // of the inbound
  } kCases[] = {
      {"the Dataplane's", "{address: a.b, inbound: [{port: 80}]}", "a.b"},
      {"the advertised one", "{address: a.b, advertisedAddress: 192.0.2.1, inbound: [{port: 80}]}",
       "192.0.2.1"},
      {"the inbound's own",
       "{address: a.b, advertisedAddress: c.d, inbound: [{port: 80, address: \"2001:DB8::7\"}]}",
       "2001:db8::7"},
  };
  for (const auto& row : kCases) {
    const Document document = parsed("type: Dataplane\nmesh: default\nname: dp\nnetworking: " +
                                     std::string(row.networking) + "\n");
    ASSERT_EQ(document.dataplanes.size(), 1u) << row.rule;
    const mesh::Dataplane& dataplane = *document.dataplanes[0];
    EXPECT_EQ(to_string(dataplane.address_of(dataplane.inbounds.at(0))), row.address) << row.rule;
  }
}

TEST(DocumentTest, TheSpecOfAnExternalServiceIsKeptToTheByte) {
  const struct {
    const char* rule;
    const char* spec;
    bool made_again;  // from the fields: its text isn't kept
  } kCases[] = {
      {"no endpoints", R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"tcp"}})",
       true},
      {"endpoints",
       R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"http2"},"endpoints":[)"
       R"({"address":"192.0.2.1","port":1},{"address":"a.example","port":443,"priority":7}]})",
       true},
      {"without the type", R"({"match":{"port":443,"protocol":"tcp"}})", false},
      {"without a protocol", R"({"match":{"type":"HostnameGenerator","port":443}})", false},
      {"an endpoint with the port of the match",
       R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"tcp"},)"
       R"("endpoints":[{"address":"a.example"}]})",
       false},
      {"an address in another form",
       R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"tcp"},)"
       R"("endpoints":[{"address":"2001:DB8::1","port":1}]})",
       false},
      {"a socket",
       R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"tcp"},)"
       R"("endpoints":[{"address":"unix:///run/\"x\"","port":1}]})",
       false},
      {"a priority of 0",
       R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"tcp"},)"
       R"("endpoints":[{"address":"a.example","port":1,"priority":0}]})",
       false},
      {"another order", R"({"match":{"protocol":"tcp","type":"HostnameGenerator","port":443}})",
       false},
      {"TLS",
       R"({"match":{"type":"HostnameGenerator","port":443,"protocol":"tcp"},"tls":{"enabled":true}})",
       false},
  };
  for (const auto& row : kCases) {
    const Document document =
        parsed(R"({"type":"MeshExternalService","mesh":"default","name":"x","spec":)" +
               std::string(row.spec) + "}");
    ASSERT_EQ(document.services.size(), 1u) << row.rule << text(document.diagnostics);
    const mesh::Service& service = *document.services[0];
    EXPECT_EQ(external_spec(service), row.spec) << row.rule;
    EXPECT_EQ(service.external->spec.empty(), row.made_again) << row.rule;
  }
}

TEST(DocumentTest, TheEndpointsOfAnExternalServiceAreTyped) {
  const Document document = parsed(
      external("  match: {port: 443}\n  tls: {enabled: true}\n  endpoints:\n"
               "  - {address: 192.0.2.1, port: 8443, priority: 3}\n  - {address: a.example}\n"
               "  - {address: \"unix:///run/a\"}\n"));
  ASSERT_EQ(document.services.size(), 1u) << text(document.diagnostics);
  const mesh::External& external = *document.services[0]->external;
  EXPECT_TRUE(external.tls);
  std::string all;
  for (const auto& [address, port, priority] : external.endpoints) {
    all += to_string(address) + ' ' + std::to_string(port) + ' ' + std::to_string(priority) + '\n';
  }
  EXPECT_EQ(all, "192.0.2.1 8443 3\na.example 443 0\nunix:///run/a 443 0\n");
}

TEST(DocumentTest, AllThatIsWrongIsToldAtOnce) {
  const Document document = parsed(service(
      "  selector: {dataplaneRef: {}}\n  ports: [{port: 0}, {port: x}, {port: 80, extra: 1}]\n"));
  EXPECT_EQ(document.diagnostics.size(), 4u) << text(document.diagnostics);
}

TEST(DocumentTest, UnknownFieldsAreWarningsWhileServing) {
  const std::string misspelt = service("  ports: [{port: 80, appProtokol: http}]\n");
  EXPECT_TRUE(parsed(misspelt).services.empty());
  const Document lenient = parsed(misspelt, UnknownFields::Warn);
  EXPECT_EQ(lenient.services.size(), 1u);
  EXPECT_EQ(lenient.diagnostics.size(), 1u);
  EXPECT_EQ(lenient.diagnostics[0].severity, mesh::Severity::Warning);
}

TEST(DocumentTest, BothShapesMeanTheSame) {
  const Document universal = parsed(
      "type: MeshService\nmesh: shop\nname: redis\nlabels: {team: db}\n"
      "creationTime: 2024-05-06T07:08:09Z\n"
      "spec: {selector: {dataplaneTags: {app: redis}}, ports: [{port: 80, targetPort: http, "
      "appProtocol: HTTP2}]}\nstatus: {vips: [{ip: 241.0.0.9}]}\n");
  const Document kubernetes = parsed(
      "apiVersion: kuma.io/v1alpha1\nkind: MeshService\nmetadata: {name: redis, labels: {team: db, "
      "kuma.io/mesh: shop}, creationTimestamp: \"2024-05-06T09:08:09+02:00\"}\n"
      "spec: {selector: {dataplaneTags: {app: redis}}, ports: [{port: 80, targetPort: http, "
      "appProtocol: HTTP2}]}\nstatus: {vips: [{ip: 241.0.0.9}]}\n");
  ASSERT_EQ(universal.services.size(), 1u) << text(universal.diagnostics);
  ASSERT_EQ(kubernetes.services.size(), 1u) << text(kubernetes.diagnostics);
  const mesh::Service& a = *universal.services[0];
  const mesh::Service& b = *kubernetes.services[0];
  EXPECT_EQ(a.id(), b.id());
  EXPECT_EQ(a.meta.labels, b.meta.labels);
  EXPECT_EQ(a.meta.creation_time, b.meta.creation_time);
  EXPECT_EQ(a.meta.creation_time, 1714979289'000000000);
  EXPECT_EQ(a.vips, b.vips);
  EXPECT_EQ(a.ports[0].app_protocol, "http2");
  EXPECT_EQ(std::get<std::string>(b.ports[0].target), "http");
  EXPECT_EQ(a.ports[0].name, "80") << "without a name, the number";
}

TEST(DocumentTest, TheKubernetesShapeHasANamespaceAndACoreName) {
  const Document document = parsed(
      "apiVersion: kuma.io/v1alpha1\nkind: MeshService\nmetadata: {name: redis, namespace: "
      "demo}\n");
  const mesh::Meta& meta = document.services.at(0)->meta;
  EXPECT_EQ(meta.core_name(), "redis.demo");
  EXPECT_EQ(meta.mesh, "default");
  EXPECT_EQ(meta.labels.get("k8s.kuma.io/namespace"), "demo");
}

TEST(DocumentTest, AListHoldsMany) {
  for (const char* kind : {"List", "MeshServiceList"}) {
    const Document document =
        parsed(std::string("apiVersion: v1\nkind: ") + kind +
               "\nitems:\n- {type: MeshService, name: a}\n"
               "- {apiVersion: kuma.io/v1alpha1, kind: MeshService, metadata: {name: b}}\n"
               "- {type: Nope, name: c}\n");
    EXPECT_EQ(document.services.size(), 2u) << text(document.diagnostics);
    EXPECT_EQ(document.diagnostics.size(), 1u) << "one bad item takes no good one away";
  }
  const Document json =
      parsed(R"({"kind": "List", "items": [{"type": "MeshService", "name": "a"}]})");
  EXPECT_EQ(json.services.size(), 1u);
  EXPECT_NE(
      text(parsed("items: [{type: MeshService, name: a}]\n").diagnostics).find("`kind: List`"),
      std::string::npos);
}

TEST(DocumentTest, SecretsAreNotKept) {
  const Document document = parsed(external(
      "  match: {port: 1}\n  tls: {verification: {clientCert: {type: InsecureInline, "
      "insecureInline: {value: c2VjcmV0}}, clientKey: {type: Secret, secret: my-key}}}\n"));
  ASSERT_EQ(document.services.size(), 1u) << text(document.diagnostics);
  EXPECT_EQ(external_spec(*document.services[0]).find("c2VjcmV0"), std::string::npos);
  EXPECT_NE(external_spec(*document.services[0]).find("my-key"), std::string::npos);
}

TEST(DocumentTest, Times) {
  const struct {
    const char* text;
    std::int64_t seconds;
  } kCases[] = {{"1970-01-01T00:00:00Z", 0},
                {"2000-02-29T12:00:00Z", 951825600},
                {"2024-12-31T23:59:60Z", 1735689600},
                {"2024-01-01T00:00:00-05:30", 1704087000}};
  for (const auto& row : kCases) {
    const Document document =
        parsed(std::string("type: MeshService\nname: a\ncreationTime: ") + row.text + "\n");
    ASSERT_EQ(document.services.size(), 1u) << row.text;
    EXPECT_EQ(document.services[0]->meta.creation_time, row.seconds * 1'000'000'000) << row.text;
  }
}

TEST(DocumentTest, PositionsMoveWithTheDocument) {
  const Document document =
      parsed(generator(kMatch + "  template: a.mesh\n  x: 1\n"), UnknownFields::Warn);
  const Document at = moved(document, 10);
  EXPECT_EQ(at.generators[0]->meta.position.line, document.generators[0]->meta.position.line + 10);
  EXPECT_EQ(at.generators[0]->template_position.line,
            document.generators[0]->template_position.line + 10);
  EXPECT_EQ(at.diagnostics[0].position.line, document.diagnostics[0].position.line + 10);
}

}  // namespace
}  // namespace config
