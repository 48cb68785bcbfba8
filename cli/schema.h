// JSON Schemas (draft-07) of what people write, for editors and for checks before a commit.
//
// Pure. That of the resources is the file schemas/resources.json, which the program holds; a kind's
// is a part of it. That of the settings is made from the table that reads them.
#pragma once

#include <string>
#include <string_view>

namespace cli {

inline constexpr const char* kSchemas[] = {
    "settings",          "resources",           "List",
    "MeshService",       "MeshExternalService", "MeshMultiZoneService",
    "HostnameGenerator", "Dataplane",           "Mesh"};

// The text of schemas/resources.json.
extern const std::string_view kResourcesSchema;

// The schema of that name as text, which refers to nothing outside itself.
// REQUIRES: it is one of kSchemas.
std::string schema(std::string_view name);

}  // namespace cli
