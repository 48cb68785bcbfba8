#include "cli/schema.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>
#include <string>

#include "config/document.h"

namespace cli {
namespace {

namespace json = boost::json;

using Names = std::set<std::string>;

TEST(SchemaTest, TheKindsAreThoseOfTheDecoder) {
  const json::value schema = json::parse(kResourcesSchema);
  Names names;
  for (const json::value& name : schema.at("definitions").at("kindName").at("enum").as_array()) {
    names.insert(std::string(name.as_string()));
  }
  const auto kinds = config::kinds();
  EXPECT_EQ(names, Names(kinds.begin(), kinds.end()));
}

TEST(SchemaTest, AKindsHoldsWhatItRefersToAndNoMore) {
  const json::value schema = json::parse(cli::schema("HostnameGenerator"));
  Names names;
  for (const auto& member : schema.at("definitions").as_object()) names.emplace(member.key());
  EXPECT_EQ(names,
            (Names{"HostnameGenerator", "HostnameGenerator.kubernetes", "HostnameGenerator.spec",
                   "HostnameGenerator.universal", "apiVersion", "labelKey", "labelValue", "labels",
                   "match", "metadata", "name", "serviceSelector", "time"}));
}

TEST(SchemaTest, TheSettingsAreThoseOfTheTable) {
  const json::value schema = json::parse(cli::schema("settings"));
  const json::value& ttl = schema.at("properties").at("dns").at("properties").at("ttl");
  EXPECT_EQ(ttl.at("default"), "30s");
  EXPECT_EQ(ttl.at("description"),
            "TTL of the answers for our names\n\nduration, 0ms to 7d; default: 30s; environment: "
            "MESH_DNS_DNS_TTL");
  const json::value& workers = schema.at("properties").at("workers");
  EXPECT_EQ(workers.at("if").at("enum"), json::array{"auto"});
  EXPECT_EQ(workers.at("else").at("maximum"), 256);
  EXPECT_EQ(schema.at("properties").at("listen").at("default"), json::array{"127.0.0.1:15053"});
}

TEST(SchemaTest, EveryNameHasOne) {
  for (const char* name : kSchemas) {
    EXPECT_EQ(json::parse(schema(name)).at("$schema"), "http://json-schema.org/draft-07/schema#")
        << name;
  }
}

}  // namespace
}  // namespace cli
