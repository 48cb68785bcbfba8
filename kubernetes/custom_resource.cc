#include "kubernetes/custom_resource.h"

#include <array>
#include <boost/json.hpp>

#include "config/document.h"
#include "kubernetes/decode.h"
#include "kubernetes/same.h"

namespace kubernetes {
namespace {

namespace json = boost::json;

// By CustomKind.
constexpr std::array<CustomKindNames, kCustomKinds> kNames = {{
    {"HostnameGenerator", "hostnamegenerators", "hostnamegenerators.kuma.io"},
    {"MeshService", "meshservices", "meshservices.kuma.io"},
    {"MeshExternalService", "meshexternalservices", "meshexternalservices.kuma.io"},
    {"MeshMultiZoneService", "meshmultizoneservices", "meshmultizoneservices.kuma.io"},
    {"Mesh", "meshes", "meshes.kuma.io"},
}};

// Removes what changes at each write and is never read, so that positions stay what they were.
void remove_unread(json::object& object) {
  if (json::value* meta = object.if_contains("metadata"); meta != nullptr && meta->is_object()) {
    for (const char* field : {"managedFields", "resourceVersion", "generation", "uid"}) {
      meta->get_object().erase(field);
    }
  }
  json::value* status = object.if_contains("status");
  if (status == nullptr || !status->is_object()) return;
  json::object read;
  for (const char* field : {"vip", "vips"}) {
    if (json::value* value = status->get_object().if_contains(field)) {
      read[field] = std::move(*value);
    }
  }
  if (read.empty()) {
    object.erase("status");
  } else {
    *status = std::move(read);
  }
}

template <typename T>
std::shared_ptr<const T> kept(const std::shared_ptr<const T>& before,
                              std::shared_ptr<const T> now) {
  return same(before, now) ? before : now;
}

}  // namespace

const CustomKindNames& names_of(CustomKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

CustomKind custom_kind(mesh::Kind kind) {
  switch (kind) {
    case mesh::Kind::MeshService:
      return CustomKind::MeshService;
    case mesh::Kind::MeshExternalService:
      return CustomKind::MeshExternalService;
    case mesh::Kind::MeshMultiZoneService:
      break;
  }
  return CustomKind::MeshMultiZoneService;
}

std::string to_string(const CustomId& id) {
  return std::string(names_of(id.kind).kind) + ' ' + to_string(id.key);
}

bool operator==(const CustomResource& a, const CustomResource& b) {
  return a.same_resource(b) && a.uid == b.uid && a.status == b.status &&
         same(a.diagnostics, b.diagnostics);
}

std::optional<CustomResource> decode_custom_resource(const CustomId& id, json::object& object,
                                                     const CustomResource* before,
                                                     const config::LoaderSettings& settings) {
  if (id.key.name_space.empty() || id.key.name_space.find('.') != std::string::npos) {
    return std::nullopt;
  }
  CustomResource resource;
  resource.uid = text_at(object, "metadata.uid");
  resource.status = status_text(object.if_contains("status"));
  // Items of a list may come without these.
  object["apiVersion"] = "kuma.io/v1alpha1";
  object["kind"] = names_of(id.kind).kind;
  remove_unread(object);
  const config::Source source{std::make_shared<const std::string>(to_string(id)), 1};
  config::Document document = parse_document(json::serialize(object), source, settings);
  resource.diagnostics = std::move(document.diagnostics);
  if (!document.services.empty()) resource.service = std::move(document.services.front());
  if (!document.generators.empty()) resource.generator = std::move(document.generators.front());
  if (before == nullptr) return resource;
  const bool broken = mesh::has_errors(resource.diagnostics);
  resource.service = broken ? before->service : kept(before->service, std::move(resource.service));
  resource.generator =
      broken ? before->generator : kept(before->generator, std::move(resource.generator));
  return resource;
}

}  // namespace kubernetes
