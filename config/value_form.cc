#include "config/value_form.h"

#include "config/units.h"

namespace config {

std::string bounds(const ValueForm& form) {
  const auto between = [&](auto text) { return text(form.least) + " to " + text(form.most); };
  switch (form.kind) {
    case ValueForm::Kind::Duration:
      return between(duration_text);
    case ValueForm::Kind::Size:
      return between(size_text);
    case ValueForm::Kind::Integer:
      return between([](std::uint64_t value) { return std::to_string(value); });
    default:
      return "";
  }
}

}  // namespace config
