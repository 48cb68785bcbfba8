#include "cli/schema.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "cli/settings_schema.h"

namespace cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kColumns = 100;
constexpr std::string_view kReference = "#/definitions/";

// What fits on a line stands on one, since a schema is read by people too.
void append(std::string& out, const json::value& value, const std::string& indent) {
  const std::string flat = json::serialize(value);
  if (value.is_primitive() || indent.size() + flat.size() <= kColumns) {
    out += flat;
    return;
  }
  const std::string deeper = indent + "  ";
  const char* separator = "\n";
  if (const json::object* object = value.if_object()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      out.append(separator).append(deeper).append(json::serialize(key)).append(": ");
      append(out, member, deeper);
      separator = ",\n";
    }
    out.append("\n").append(indent).append("}");
    return;
  }
  out += '[';
  for (const json::value& item : value.as_array()) {
    out.append(separator).append(deeper);
    append(out, item, deeper);
    separator = ",\n";
  }
  out.append("\n").append(indent).append("]");
}

std::string text(const json::object& schema) {
  std::string out;
  append(out, schema, "");
  return out + '\n';
}

// The definitions that a schema refers to, and those that they refer to.
void add_references(const json::value& value, const json::object& all,
                    std::set<std::string, std::less<>>& names) {
  if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) add_references(item, all, names);
    return;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return;
  for (const auto& [key, member] : *object) {
    if (key != "$ref" || !member.is_string()) {
      add_references(member, all, names);
      continue;
    }
    const std::string name(std::string_view(member.as_string()).substr(kReference.size()));
    if (names.insert(name).second) add_references(all.at(name), all, names);
  }
}

// Of the resources' schema what one of its definitions needs.
json::object part(std::string_view name) {
  const json::value whole = json::parse(kResourcesSchema);
  const json::object& all = whole.at("definitions").as_object();
  json::object schema{
      {"$schema", whole.at("$schema")},
      {"title", name},
      {"allOf", json::array{json::object{{"$ref", std::string(kReference) + std::string(name)}}}}};
  std::set<std::string, std::less<>> names;
  add_references(schema, all, names);
  json::object definitions;
  for (const auto& [key, definition] : all) {
    if (names.contains(std::string_view(key))) definitions[key] = definition;
  }
  schema["definitions"] = std::move(definitions);
  return schema;
}

}  // namespace

std::string schema(std::string_view name) {
  if (name == "settings") return text(settings_schema());
  if (name == "resources") return std::string(kResourcesSchema);
  return text(part(name));
}

}  // namespace cli
