// Whatever the reader of plain YAML accepts, yaml-cpp accepts too and makes the same tree of, with
// the same positions; and likewise Boost.JSON, but for what yaml-cpp refuses in JSON.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "config/json.h"
#include "config/plain_yaml.h"
#include "config/text.h"
#include "config/yaml.h"
#include "tests/config/node_text.h"

namespace {

using config::Node;

void require_equal(const std::string& text, const Node& fast, const Node& slow) {
  const std::string a = node_text(fast);
  const std::string b = node_text(slow);
  if (a == b) return;
  std::fprintf(stderr, "document:\n%s\nfast:\n%s\nyaml-cpp:\n%s\n", text.c_str(), a.c_str(),
               b.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const config::Source source{std::make_shared<const std::string>("f"), 7};
  const config::NodeLimits limits{1 << 16, 100};
  mesh::Diagnostics diagnostics;
  Node slow;
  Node fast;
  if (parse_plain_yaml(text, source, limits, fast, false)) {
    if (!parse_yaml(text, source, limits, slow, diagnostics, {})) {
      std::fprintf(stderr, "only plain:\n%s\n%s\n", text.c_str(),
                   to_string(diagnostics.front()).c_str());
      std::abort();
    }
    require_equal(text, fast, slow);
    Node streamed;
    if (parse_plain_yaml(text, source, limits, streamed, true)) {
      require_equal(text, streamed, slow);
    }
  } else if (!config::find_bad_text(text) && config::is_json_object(text)) {
    const bool read = parse_json(text, source, limits, fast, diagnostics, {});
    mesh::Diagnostics more;
    // yaml-cpp takes a carriage return between two values for text.
    const bool comparable = read && text.find('\r') == text.npos;
    if (comparable && parse_yaml(text, source, limits, slow, more, {})) {
      require_equal(text, fast, slow);
    }
  }
  return 0;
}
