// Kuma's custom resources: their kinds, and one as the API server has it.
//
// Plain values. Internal to the folder.
#pragma once

#include <boost/json/fwd.hpp>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "kubernetes/objects.h"
#include "mesh/resources.h"

namespace kubernetes {

enum class CustomKind : std::uint8_t {
  HostnameGenerator,
  MeshService,
  MeshExternalService,
  MeshMultiZoneService,
  Mesh,  // followed by name only
};
inline constexpr std::size_t kCustomKinds = 5;
inline constexpr std::size_t kDocumentKinds = 4;  // all but Mesh

struct CustomKindNames {
  std::string_view kind;        // "MeshService"
  std::string_view plural;      // "meshservices", as in paths
  std::string_view definition;  // of the CustomResourceDefinition
};
const CustomKindNames& names_of(CustomKind kind);
CustomKind custom_kind(mesh::Kind kind);

// Identity of a custom resource.
struct CustomId {
  CustomKind kind = CustomKind::MeshService;
  Key key;

  auto operator<=>(const CustomId&) const = default;
};
std::string to_string(const CustomId& id);  // "MeshService shop/web"

// What we read of a custom resource. Of `service` and `generator` one at most is there, by its
// kind; neither is where the resource has never been valid.
struct CustomResource {
  std::shared_ptr<const mesh::Service> service;
  std::shared_ptr<const mesh::HostnameGenerator> generator;
  mesh::Diagnostics diagnostics;
  std::string uid;
  std::string status;  // status_text()

  // Both make the same of the mesh: the pointers count.
  bool same_resource(const CustomResource& other) const {
    return service == other.service && generator == other.generator;
  }
};
bool operator==(const CustomResource& a, const CustomResource& b);

// Decodes a custom resource as a document of a file would be. `before` is what was known of it,
// null if nothing was: a resource that is broken keeps its last good version, and one that is
// decoded to the same value keeps its pointer. Nothing is returned for an object that no
// collection of Kuma's can have: one without a namespace, or whose namespace has a dot, which
// would make its core name ambiguous. May change `object`.
std::optional<CustomResource> decode_custom_resource(const CustomId& id,
                                                     boost::json::object& object,
                                                     const CustomResource* before,
                                                     const config::LoaderSettings& settings);

}  // namespace kubernetes
