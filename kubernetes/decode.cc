#include "kubernetes/decode.h"

#include <algorithm>
#include <boost/json.hpp>

#include "config/time.h"
#include "kubernetes/generate.h"

namespace kubernetes {
namespace {

namespace json = boost::json;

constexpr std::string_view kIgnore = "kuma.io/ignore";
constexpr std::string_view kGateway = "kuma.io/gateway";
constexpr std::string_view kServiceOfSlice = "kubernetes.io/service-name";

constexpr std::size_t kDepth = 32;  // of what is read; the parser's own limit

// The same with blanks for what is nested deeper than kDepth.
std::string without_depth(std::string_view text) {
  std::string flat(text);
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const char c = flat[i];
    if (!quoted && (c == '}' || c == ']') && depth != 0) --depth;
    if (depth >= kDepth) flat[i] = ' ';
    if (quoted && c == '\\') {
      if (++i < flat.size() && depth >= kDepth) flat[i] = ' ';
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      ++depth;
    }
  }
  return flat;
}

const json::value* at(const json::object& object, std::string_view path) {
  const json::object* in = &object;
  for (;;) {
    const std::size_t dot = path.find('.');
    const json::value* value = in->if_contains(path.substr(0, dot));
    if (value == nullptr || dot == path.npos) return value;
    in = value->if_object();
    if (in == nullptr) return nullptr;
    path.remove_prefix(dot + 1);
  }
}

std::string_view text(const json::value* value) {
  const json::string* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string_view() : std::string_view(*string);
}

// Calls `f` with each item of a list that is there.
void for_each(const json::object& object, std::string_view path, auto f) {
  const json::value* value = at(object, path);
  const json::array* items = value == nullptr ? nullptr : value->if_array();
  if (items == nullptr) return;
  for (const json::value& item : *items) f(item);
}

mesh::Labels labels_at(const json::object& object, std::string_view path) {
  mesh::Labels labels;
  const json::value* value = at(object, path);
  const json::object* map = value == nullptr ? nullptr : value->if_object();
  if (map == nullptr) return labels;
  for (const auto& [key, item] : *map) {
    if (key.find('\0') == key.npos && text(&item).find('\0') == std::string_view::npos) {
      labels.set(key, text(&item));
    }
  }
  return labels;
}

// A label or an annotation, whose key has dots of its own.
std::optional<std::string> entry_at(const json::object& object, std::string_view path,
                                    std::string_view key) {
  const json::value* value = at(object, path);
  const json::object* map = value == nullptr ? nullptr : value->if_object();
  const json::value* found = map == nullptr ? nullptr : map->if_contains(key);
  if (found == nullptr) return std::nullopt;
  return std::string(text(found));
}

std::uint16_t port_of(const json::value* value) {
  const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
  return number != nullptr && *number > 0 && *number < 65536 ? static_cast<std::uint16_t>(*number)
                                                             : 0;
}

void add_address(std::string_view text, std::vector<mesh::Ip>& addresses) {
  const auto ip = mesh::Ip::parse(text);
  if (ip && std::ranges::find(addresses, *ip) == addresses.end()) addresses.push_back(*ip);
}

void add_port(const json::value& item, Service& service) {
  const json::object* object = item.if_object();
  if (object == nullptr) return;
  ServicePort port;
  port.port = port_of(object->if_contains("port"));
  if (port.port == 0) return;
  port.name = text(object->if_contains("name"));
  port.app_protocol = text(object->if_contains("appProtocol"));
  if (const auto protocol = text(object->if_contains("protocol")); !protocol.empty()) {
    port.protocol = protocol;
  }
  const json::value* target = object->if_contains("targetPort");
  const std::uint16_t number = port_of(target);
  port.target = number != 0 ? number : port.port;
  if (const auto name = text(target); !name.empty()) port.target = std::string(name);
  service.ports.push_back(std::move(port));
}

// Keys in order, at every depth.
json::value sorted(const json::value& value) {
  if (const json::array* array = value.if_array()) {
    json::array items;
    for (const json::value& item : *array) items.push_back(sorted(item));
    return items;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return value;
  std::map<std::string_view, const json::value*> fields;
  for (const auto& [key, item] : *object) fields.emplace(key, &item);
  json::object ordered;
  for (const auto& [key, item] : fields) ordered[key] = sorted(*item);
  return ordered;
}

}  // namespace

json::value parse_json(std::string_view text, boost::system::error_code& error,
                       const json::storage_ptr& memory) {
  json::value value = json::parse(text, error, memory);
  if (error == json::error::too_deep) value = json::parse(without_depth(text), error, memory);
  return value;
}

std::string status_text(const json::value* status) {
  json::object kept;
  const json::object* object = status == nullptr ? nullptr : status->if_object();
  for (const char* field : {"addresses", "hostnameGenerators", "vip", "vips"}) {
    const json::value* value = object == nullptr ? nullptr : object->if_contains(field);
    const bool empty =
        value == nullptr || value->is_null() || (value->is_array() && value->get_array().empty());
    if (!empty) kept[field] = sorted(*value);
  }
  return json::serialize(kept);
}

std::string_view text_at(const json::object& object, std::string_view path) {
  return text(at(object, path));
}

Key decode_key(const json::object& object) {
  return {std::string(text_at(object, "metadata.namespace")),
          std::string(text_at(object, "metadata.name"))};
}

Service decode_service(const json::object& object) {
  Service service;
  service.labels = labels_at(object, "metadata.labels");
  service.ignore = entry_at(object, "metadata.annotations", kIgnore);
  service.gateway = entry_at(object, "metadata.annotations", kGateway).has_value();
  service.creation_time = config::parse_time(text_at(object, "metadata.creationTimestamp"));
  service.external_name = text_at(object, "spec.type") == "ExternalName";
  service.selector = labels_at(object, "spec.selector");
  for_each(object, "spec.ports", [&](const json::value& port) { add_port(port, service); });
  // A Service that has become an ExternalName may keep what it had.
  if (service.external_name) return service;
  const std::string_view first = text_at(object, "spec.clusterIP");
  service.headless = first == "None";
  add_address(first, service.cluster_ips);
  for_each(object, "spec.clusterIPs",
           [&](const json::value& ip) { add_address(text(&ip), service.cluster_ips); });
  return service;
}

EndpointSlice decode_slice(const json::object& object) {
  EndpointSlice slice;
  slice.service = entry_at(object, "metadata.labels", kServiceOfSlice).value_or("");
  if (text_at(object, "addressType") == "FQDN") return slice;
  const std::string name_space(text_at(object, "metadata.namespace"));
  for_each(object, "endpoints", [&](const json::value& item) {
    const json::object* endpoint = item.if_object();
    if (endpoint == nullptr || text_at(*endpoint, "targetRef.kind") != "Pod") return;
    const std::string_view version = text_at(*endpoint, "targetRef.apiVersion");
    if (!version.empty() && version != "v1") return;
    PodEndpoint pod;
    // The author of a slice must not choose names for pods of another namespace.
    pod.pod = {name_space, std::string(text_at(*endpoint, "targetRef.name"))};
    pod.uid = text_at(*endpoint, "targetRef.uid");
    for_each(*endpoint, "addresses",
             [&](const json::value& ip) { add_address(text(&ip), pod.addresses); });
    if (!pod.pod.name.empty()) slice.endpoints.push_back(std::move(pod));
  });
  return slice;
}

Pod decode_pod(const json::object& object) {
  Pod pod;
  pod.uid = text_at(object, "metadata.uid");
  pod.gateway = entry_at(object, "metadata.annotations", kGateway).has_value();
  pod.pod_name = entry_at(object, "metadata.labels", label::kPodName).value_or("");
  pod.pod_index = entry_at(object, "metadata.labels", label::kPodIndex).value_or("");
  return pod;
}

Namespace decode_namespace(const json::object& object) {
  Namespace name_space;
  name_space.mesh = entry_at(object, "metadata.labels", mesh::label::kMesh).value_or("");
  name_space.injected =
      is_enabled(entry_at(object, "metadata.labels", label::kInjection).value_or(""));
  return name_space;
}

Definition decode_definition(const json::object& object) {
  Definition definition;
  for_each(object, "spec.versions", [&](const json::value& item) {
    const json::object* version = item.if_object();
    if (version == nullptr || text_at(*version, "name") != "v1alpha1") return;
    const json::value* served = version->if_contains("served");
    definition.served = served != nullptr && served->is_bool() && served->get_bool();
    definition.status = at(*version, "subresources.status") != nullptr;
  });
  return definition;
}

}  // namespace kubernetes
