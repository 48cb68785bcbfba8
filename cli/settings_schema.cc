#include "cli/settings_schema.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "config/settings.h"

namespace cli {
namespace {

namespace json = boost::json;
using config::SettingInfo;
using config::ValueForm;
using Kind = ValueForm::Kind;

const std::string kOctet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const std::string kV4 = "(" + kOctet + "\\.){3}" + kOctet;
const std::string kV6 = "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*";
const std::string kPort =
    ":0*(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5]?[0-9]{1,4})";
const std::string kEndpoint = "(" + kV4 + "|\\[" + kV6 + "\\])" + kPort;
const std::string kLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const std::string kAnyLabel = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?";

// A string of a pattern. Editors that know `patternErrorMessage` show it; the others show the
// pattern.
json::object matching(const std::string& pattern, const char* message, json::array examples = {}) {
  json::object schema{
      {"type", "string"}, {"pattern", "^" + pattern + "$"}, {"patternErrorMessage", message}};
  if (!examples.empty()) schema["examples"] = std::move(examples);
  return schema;
}

json::object address(bool default_port) {
  if (default_port) {
    return matching("(" + kV4 + "|" + kV6 + "|" + kEndpoint + ")",
                    "Expected an IP address, with a port if need be, as 192.0.2.1, 192.0.2.1:53 or "
                    "[2001:db8::1]:53.",
                    {"192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53"});
  }
  return matching(kEndpoint,
                  "Expected an IP address and a port, as 127.0.0.1:15053 or [::1]:15053.",
                  {"127.0.0.1:15053", "[::1]:15053"});
}

json::object dns_name() {
  return matching("(?=.{1,253}\\.?$)" + kAnyLabel + "(\\." + kAnyLabel + ")*\\.?",
                  "Expected a DNS name.");
}

json::object size(const ValueForm& form) {
  json::object schema =
      matching("[0-9]+(B|KiB|MiB|GiB)?", "Expected a size, as 16MiB or 64KiB.", {"64KiB", "16MiB"});
  schema["type"] = {"string", "integer"};
  schema["minimum"] = form.least;
  schema["maximum"] = form.most;
  return schema;
}

json::object admin() {
  return matching("(" + kEndpoint + "|unix:[\\s\\S]+|off)",
                  "Expected an address and a port, as 127.0.0.1:15056, the path of a socket, as "
                  "unix:/run/mesh-dns/admin.sock, or off.",
                  {"127.0.0.1:15056", "unix:/run/mesh-dns/admin.sock", "off"});
}

json::object query_log() {
  return matching("(off|on|1/0*[1-9][0-9]*|0*[1-9][0-9]*(ms|s|m|h|d))",
                  "Expected off, on, one of many, as 1/100, or how long the slow ones take, as "
                  "50ms.",
                  {"off", "on", "1/100", "50ms"});
}

json::array words(const ValueForm& form) {
  return json::array(form.words.begin(), form.words.end());
}

// One value: not a list of them, and not null.
json::object single(const ValueForm& form) {
  switch (form.kind) {
    case Kind::Untold:
      return {};
    case Kind::Text:
      return {{"type", "string"}, {"minLength", 1}};
    case Kind::Name: {
      json::object schema = matching(kLabel + "(\\." + kLabel + ")*",
                                     "This is no name: a-z, 0-9, '-' and '.' are allowed.");
      schema["maxLength"] = 253;
      return schema;
    }
    case Kind::DnsName:
      return dns_name();
    case Kind::Boolean:
      return {{"type", "boolean"}};
    case Kind::Integer:
      return {{"type", "integer"}, {"minimum", form.least}, {"maximum", form.most}};
    case Kind::Word:
      return {{"enum", words(form)}};
    case Kind::Duration:
      return matching("[0-9]+(ms|s|m|h|d)", "Expected a duration, as 30s, 5m or 1500ms.",
                      {"1500ms", "30s", "5m"});
    case Kind::Size:
      return size(form);
    case Kind::Address:
      return address(form.default_port);
    case Kind::Range:
      return matching("(" + kV4 + "(/0*(3[0-2]|[12]?[0-9]))?|" + kV6 +
                          "(/0*(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)",
                      "Expected an address range, as 241.0.0.0/8 or fd00:241::/64.",
                      {"241.0.0.0/8", "fd00:241::/64"});
    case Kind::Admin:
      return admin();
    case Kind::QueryLog:
      return query_log();
  }
  return {};
}

// A key without a value leaves the default.
json::object nullable(json::object schema) {
  if (json::value* values = schema.if_contains("enum")) values->as_array().push_back(nullptr);
  if (json::value* type = schema.if_contains("type")) {
    if (type->is_string()) *type = json::array{*type};
    type->as_array().push_back("null");
  }
  return schema;
}

json::object list(const ValueForm& form, json::object alone) {
  json::object many{{"items", single(form)}};
  if (form.not_empty) many["minItems"] = 1;
  return {{"if", {{"type", "array"}}}, {"then", std::move(many)}, {"else", std::move(alone)}};
}

json::object shape(const ValueForm& form) {
  if (form.map) {
    return {{"type", {"object", "null"}},
            {"propertyNames", dns_name()},
            {"additionalProperties", list(form, single(form))}};
  }
  if (form.list) return list(form, nullable(single(form)));
  if (form.kind == Kind::Word || form.words.empty()) return nullable(single(form));
  return {
      {"examples", words(form)}, {"if", {{"enum", words(form)}}}, {"else", nullable(single(form))}};
}

json::value default_value(std::string_view text, const ValueForm& form) {
  if (form.kind == Kind::Boolean) return text == "true";
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (form.kind == Kind::Integer && error == std::errc() && end == text.data() + text.size()) {
    return number;
  }
  if (!form.list) return json::string(text);
  json::array items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(", "), text.size());
    items.push_back(json::string(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 2, text.size()));
  }
  return items;
}

std::string description(const SettingInfo& info, const ValueForm& form) {
  std::string text = std::string(info.help) + "\n\n" + info.type;
  if (const std::string range = config::bounds(form); !range.empty()) text += ", " + range;
  const std::string by_default = info.by_default;
  if (!by_default.empty()) text += "; default: " + by_default;
  // A map is the one form that an environment variable can't hold.
  if (!form.map) text += "; environment: " + config::environment_name(info.path);
  return text;
}

json::object setting(const SettingInfo& info) {
  const ValueForm form = config::form_of(info.path);
  json::object schema{{"description", description(info, form)}};
  const std::string_view by_default = info.by_default;
  if (!by_default.empty()) schema["default"] = default_value(by_default, form);
  for (auto& [key, value] : shape(form)) schema[key] = value;
  return schema;
}

json::object section() {
  return {{"type", {"object", "null"}},
          {"additionalProperties", false},
          {"properties", json::object()}};
}

// Puts a setting at its path, "dns.ttl", below sections that are made as need be.
void put(json::object& parent, std::string_view path, json::object schema) {
  json::object& properties = parent["properties"].as_object();
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  if (dot == path.npos) {
    properties[name] = std::move(schema);
    return;
  }
  if (!properties.contains(name)) properties[name] = section();
  put(properties[name].as_object(), path.substr(dot + 1), std::move(schema));
}

}  // namespace

json::object settings_schema() {
  json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"title", "Settings of mesh-dns"},
                      {"description", "The settings file, /etc/mesh-dns/mesh-dns.yaml."}};
  for (auto& [key, value] : section()) schema[key] = value;
  for (const SettingInfo& info : config::setting_table()) put(schema, info.path, setting(info));
  return schema;
}

}  // namespace cli
