#include "pipeline/resource_json.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <variant>

#include "mesh/endpoints.h"

namespace pipeline {
namespace {

namespace json = boost::json;

json::object labels_json(const mesh::Labels& labels) {
  json::object object;
  for (const auto& [key, value] : labels.pairs()) object[key] = value;
  return object;
}

json::object selector_json(const mesh::Selector& selector) {
  using By = mesh::Selector::By;
  const json::object match{{"matchLabels", labels_json(selector.match)}};
  switch (selector.by) {
    case By::Nothing:
      return {};
    case By::DataplaneRef:
      return {{"dataplaneRef", {{"name", selector.name}}}};
    case By::DataplaneLabels:
      return {{"dataplaneLabels", match}};
    case By::DataplaneTags:
      return {{"dataplaneTags", labels_json(selector.match)}};
    case By::MeshServiceLabels:
      return {{"meshService", match}};
  }
  return {};
}

json::object port_json(const mesh::Port& port, mesh::Kind kind) {
  json::object object{{"name", port.name}, {"port", port.port}};
  if (kind == mesh::Kind::MeshService) {
    std::visit([&](const auto& target) { object["targetPort"] = target; }, port.target);
  }
  object["appProtocol"] = port.app_protocol;
  return object;
}

json::value spec_json(const mesh::Service& service) {
  if (service.kind == mesh::Kind::MeshExternalService) {
    json::parse_options deep;
    deep.max_depth = 128;  // config lets documents nest 100 deep
    return json::parse(mesh::external_spec(service), {}, deep);
  }
  json::array ports;
  for (const mesh::Port& port : service.ports) ports.push_back(port_json(port, service.kind));
  return json::object{{"selector", selector_json(service.selector)}, {"ports", std::move(ports)}};
}

json::object condition(std::string_view type, bool status, std::string_view reason,
                       std::string_view message) {
  return {{"type", type},
          {"status", status ? "True" : "False"},
          {"reason", reason},
          {"message", message}};
}

json::array mesh_services_json(std::span<const mesh::Service* const> members) {
  json::array array;
  for (const mesh::MatchedService& matched : mesh::matched_services(members)) {
    array.push_back(json::object{{"name", matched.name},
                                 {"namespace", matched.name_space},
                                 {"zone", matched.zone},
                                 {"mesh", matched.mesh}});
  }
  return array;
}

json::object status_json(const ServiceView& view) {
  json::array addresses;
  json::array generators;
  for (const hostname::Outcome& outcome : view.outcomes) {
    const json::object ref{{"coreName", view.generators[outcome.generator].core_name}};
    const bool generated = outcome.reason == hostname::Reason::Generated;
    if (generated) {
      addresses.push_back(json::object{{"hostname", outcome.hostname},
                                       {"origin", "HostnameGenerator"},
                                       {"hostnameGeneratorRef", ref}});
    }
    generators.push_back(json::object{
        {"hostnameGeneratorRef", ref},
        {"conditions",
         json::array{condition("Generated", generated, hostname::to_string(outcome.reason),
                               outcome.message)}}});
  }
  json::array vips;
  for (const mesh::Ip& ip : view.vips) {
    vips.push_back(json::object{{"ip", ip.to_string()}});
  }
  json::object status{{"addresses", std::move(addresses)},
                      {"vips", std::move(vips)},
                      {"hostnameGenerators", std::move(generators)}};
  if (view.service.kind == mesh::Kind::MeshService) {
    status["dataplaneProxies"] =
        json::object{{"total", view.proxies.total}, {"healthy", view.proxies.healthy}};
  }
  json::array conditions;
  if (view.service.kind == mesh::Kind::MeshMultiZoneService) {
    status["meshServices"] = mesh_services_json(view.members);
    const mesh::MatchedCondition matched = mesh::matched_condition(view.members.size());
    conditions.push_back(
        condition("MeshServicesMatched", matched.status, matched.reason, matched.message));
  }
  if (const std::string& why = view.missing; !why.empty()) {
    conditions.push_back(condition("VipAllocated", false, "PoolExhausted", why));
  }
  if (!conditions.empty()) status["conditions"] = std::move(conditions);
  return status;
}

}  // namespace

json::object service_json(const ServiceView& view) {
  const mesh::Service& service = view.service;
  return {{"type", mesh::to_string(service.kind)},
          {"mesh", service.meta.mesh},
          {"name", service.meta.core_name()},
          {"labels", labels_json(service.meta.labels)},
          {"spec", spec_json(service)},
          {"status", status_json(view)}};
}

json::object kuma_status_json(const ServiceView& view) {
  json::object status = status_json(view);
  if (view.service.kind == mesh::Kind::MeshExternalService) {
    const json::array vips = status["vips"].as_array();
    status.erase("vips");
    if (!vips.empty()) status["vip"] = vips.front();
  }
  return status;
}

json::object diagnostic_json(const mesh::Diagnostic& diagnostic) {
  const mesh::Position& position = diagnostic.position;
  return {{"severity", mesh::to_string(diagnostic.severity)},
          {"file", position.file ? std::string_view(*position.file) : ""},
          {"line", position.line},
          {"column", position.column},
          {"path", diagnostic.path},
          {"message", diagnostic.message}};
}

}  // namespace pipeline
