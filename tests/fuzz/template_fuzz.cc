// Any bytes as a template: compiled and rendered within the limits, and never twice differently.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hostname/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const mesh::Labels kLabels = {{"team", "db"}, {"empty", ""}};
  const hostname::Fields fields = {"redis-x9f", "redis", "", "default", "west", &kLabels};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = hostname::Template::compile(text);
  if (!compiled) {
    if (compiled.error().offset > text.size() || compiled.error().message.empty()) std::abort();
    return 0;
  }
  const auto first = compiled->render(fields);
  const auto second = compiled->render(fields);
  if (first.has_value() != second.has_value()) std::abort();
  if (first && (*first != *second || first->size() > 3 * 4096)) std::abort();
  if (first && !first->ends_with(compiled->literal_suffix())) std::abort();
  return 0;
}
