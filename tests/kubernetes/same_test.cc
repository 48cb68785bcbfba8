#include "kubernetes/same.h"

#include <gtest/gtest.h>

#include <functional>

namespace kubernetes {
namespace {

mesh::Position position(const char* file) {
  return {std::make_shared<const std::string>(file), 1, 2};
}

mesh::Service service() {
  mesh::Service service;
  service.meta.mesh = "default";
  service.meta.name = "web";
  service.meta.position = position("MeshService ns/web");
  service.ports.push_back({80, "http", std::uint16_t{8080}, "http"});
  return service;
}

TEST(SameTest, EqualValuesAreTheSameWhateverTheirPointers) {
  using Pointer = std::shared_ptr<const mesh::Service>;
  const Pointer none;
  const Pointer one = std::make_shared<const mesh::Service>(service());
  const Pointer other = std::make_shared<const mesh::Service>(service());
  EXPECT_TRUE(same(service(), service()));
  EXPECT_TRUE(same(one, other));
  EXPECT_TRUE(same(none, none));
  EXPECT_FALSE(same(one, none));
  EXPECT_FALSE(same(none, one));
  EXPECT_TRUE(same(mesh::HostnameGenerator(), mesh::HostnameGenerator()));
}

void change_port(mesh::Service& service, auto change) {
  std::vector<mesh::Port> ports = service.ports;
  change(ports[0]);
  service.ports = std::move(ports);
}

TEST(SameTest, EachFieldOfAServiceCounts) {
  const struct {
    const char* field;
    std::function<void(mesh::Service&)> change;
  } kCases[] = {
      {"kind", [](auto& s) { s.kind = mesh::Kind::MeshExternalService; }},
      {"meta.mesh", [](auto& s) { s.meta.mesh = "other"; }},
      {"meta.name", [](auto& s) { s.meta.name = "other"; }},
      {"meta.name_space", [](auto& s) { s.meta.name_space = "other"; }},
      {"meta.labels", [](auto& s) { s.meta.labels.set("a", "b"); }},
      {"meta.creation_time", [](auto& s) { s.meta.creation_time = 0; }},
      {"meta.position.file", [](auto& s) { s.meta.position = position("MeshService ns/other"); }},
      {"meta.position.line", [](auto& s) { s.meta.position.line = 7; }},
      {"meta.position.column", [](auto& s) { s.meta.position.column = 7; }},
      {"selector.by", [](auto& s) { s.selector.by = mesh::Selector::By::DataplaneRef; }},
      {"selector.name", [](auto& s) { s.selector.name = "x"; }},
      {"selector.match", [](auto& s) { s.selector.match.set("a", "b"); }},
      {"ports", [](auto& s) { s.ports.clear(); }},
      {"ports.port", [](auto& s) { change_port(s, [](mesh::Port& port) { port.port = 81; }); }},
      {"ports.name", [](auto& s) { change_port(s, [](mesh::Port& port) { port.name = "x"; }); }},
      {"ports.target",
       [](auto& s) {
         change_port(s, [](mesh::Port& port) { port.target = std::string("http"); });
       }},
      {"ports.app_protocol",
       [](auto& s) { change_port(s, [](mesh::Port& port) { port.app_protocol = "tcp"; }); }},
      {"vips", [](auto& s) { s.vips.push_back(*mesh::Ip::parse("241.0.0.1")); }},
      {"external", [](auto& s) { s.external = std::make_shared<const mesh::External>(); }},
      {"origin", [](auto& s) { s.origin = mesh::Origin::KubernetesService; }},
  };
  for (const auto& row : kCases) {
    mesh::Service changed = service();
    row.change(changed);
    EXPECT_FALSE(same(service(), changed)) << row.field;
  }
}

TEST(SameTest, EachFieldOfAGeneratorCounts) {
  const struct {
    const char* field;
    std::function<void(mesh::HostnameGenerator&)> change;
  } kCases[] = {
      {"meta", [](auto& g) { g.meta.name = "x"; }},
      {"selects", [](auto& g) { g.selects = mesh::Kind::MeshExternalService; }},
      {"match", [](auto& g) { g.match.set("a", "b"); }},
      {"template_text", [](auto& g) { g.template_text = "x"; }},
      {"template_position", [](auto& g) { g.template_position.line = 1; }},
      {"built_in", [](auto& g) { g.built_in = true; }},
  };
  for (const auto& row : kCases) {
    mesh::HostnameGenerator changed;
    row.change(changed);
    EXPECT_FALSE(same(mesh::HostnameGenerator(), changed)) << row.field;
  }
}

TEST(SameTest, EachFieldOfADiagnosticCounts) {
  const mesh::Diagnostics some = {{mesh::Severity::Error, position("a"), "spec", "wrong"}};
  EXPECT_TRUE(same(some, {{mesh::Severity::Error, position("a"), "spec", "wrong"}}));
  EXPECT_FALSE(same(some, {{mesh::Severity::Notice, position("a"), "spec", "wrong"}}));
  EXPECT_FALSE(same(some, {{mesh::Severity::Error, position("b"), "spec", "wrong"}}));
  EXPECT_FALSE(same(some, {{mesh::Severity::Error, position("a"), "x", "wrong"}}));
  EXPECT_FALSE(same(some, {{mesh::Severity::Error, position("a"), "spec", "x"}}));
  EXPECT_FALSE(same(some, {}));
}

}  // namespace
}  // namespace kubernetes
