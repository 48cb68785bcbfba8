#include "cli/yaml_text.h"

#include <yaml-cpp/yaml.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace cli {
namespace {

namespace json = boost::json;

// True where a reader of YAML 1.1 or 1.2 would not get the same string from the plain text. Errs on
// the side of quoting.
bool needs_quotes(std::string_view text) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./_";
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no",  "on", "off",
                                         "null", "y",     "n",   "nan", "inf"};
  if (text.empty() || text.find_first_not_of(kSafe) != text.npos) return true;
  if (!std::isalpha(static_cast<unsigned char>(text.front()))) return true;
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
}

void emit(YAML::Emitter& out, const json::value& value) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out << YAML::BeginMap;
    for (const auto& [key, member] : *object) {
      out << YAML::Key;
      emit(out, json::value(key));
      out << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out << YAML::BeginSeq;
    for (const json::value& item : *array) emit(out, item);
    out << YAML::EndSeq;
  } else if (const auto* text = value.if_string()) {
    if (needs_quotes(*text)) out << YAML::DoubleQuoted;
    out << std::string(*text);
  } else if (value.is_object()) {
    out << YAML::Flow << YAML::BeginMap << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq << YAML::EndSeq;
  } else {
    out << json::serialize(value);  // numbers, booleans and null are the same in both
  }
}

}  // namespace

std::string yaml_text(const json::value& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str(), out.size()) + '\n';
}

}  // namespace cli
