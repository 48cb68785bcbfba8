#include "redirect/resolved.h"

#include <gtest/gtest.h>

namespace redirect {
namespace {

Target target(const char* address, std::uint16_t port) {
  return {*mesh::Ip::parse(address), port};
}

TEST(ResolvedTest, TheDropIn) {
  const std::string text =
      drop_in({target("127.0.0.1", 15053), target("::1", 15053)},
              {"a.mesh.local.", "mesh.local.", "241.in-addr.arpa.", "mesh.local"});
  EXPECT_EQ(text.substr(text.find("[Resolve]")),
            "[Resolve]\nDNS=127.0.0.1:15053 [::1]:15053\nDomains=~mesh.local ~241.in-addr.arpa\n");
  EXPECT_EQ(text.front(), '#');
  EXPECT_NE(drop_in({target("127.0.0.1", 53)}, {"mesh"}).find("\nDNS=127.0.0.1\nDomains=~mesh\n"),
            std::string::npos);
}

TEST(ResolvedTest, TheStub) {
  EXPECT_TRUE(names_stub("# x\noptions edns0\nnameserver 127.0.0.53\n"));
  EXPECT_TRUE(names_stub("nameserver 192.0.2.1\nnameserver\t127.0.0.54"));
  EXPECT_FALSE(names_stub("# nameserver 127.0.0.53\nnameserver 127.0.0.1\nnameserver\n"));
}

TEST(ResolvedTest, LocalIsKeptForMulticastUnlessSomebodyIsTold) {
  using Zones = std::vector<std::string>;
  const auto told = [](const char* domains) {
    return "[Resolve]\nDNS=127.0.0.1\nDomains=" + std::string(domains) + '\n';
  };
  const struct {
    const char* why;
    Zones zones;
    ResolvedHost host;
    Zones warned;
  } kCases[] = {
      {"it is warned of", {"mesh.local", "db.mesh"}, {true, ""}, {"mesh.local"}},
      {"with a final dot", {"mesh.local."}, {true, ""}, {"mesh.local"}},
      {"once for a zone within another",
       {"a.mesh.local", "mesh.local"},
       {true, ""},
       {"mesh.local"}},
      {"local itself", {"local"}, {true, ""}, {"local"}},
      {"no systemd-resolved", {"mesh.local"}, {false, ""}, {}},
      {"a zone that only ends so", {"meshlocal", "local.mesh"}, {true, ""}, {}},
      {"told", {"mesh.local"}, {true, told("~mesh ~mesh.local")}, {}},
      {"told of one above", {"mesh.local"}, {true, told("~local")}, {}},
      {"a search domain routes, too", {"mesh.local"}, {true, told("mesh.local")}, {}},
      {"told of another", {"mesh.local"}, {true, told("~esh.local ~a.mesh.local")}, {"mesh.local"}},
  };
  for (const auto& row : kCases) {
    Zones warned;
    for (const mesh::Diagnostic& diagnostic : warn_local(row.zones, row.host)) {
      EXPECT_EQ(diagnostic.severity, mesh::Severity::Warning);
      EXPECT_NE(diagnostic.message.find("redirect install --with resolved"), std::string::npos);
      warned.push_back(diagnostic.path);
    }
    EXPECT_EQ(warned, row.warned) << row.why;
  }
}

}  // namespace
}  // namespace redirect
