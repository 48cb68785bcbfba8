// Any text as a resource file: never a crash, every diagnostic has a place, and what is accepted is
// valid by the rules that all behind it rely on.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/document.h"
#include "config/text.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const config::Document& document) {
  for (const mesh::Diagnostic& diagnostic : document.diagnostics) {
    require(diagnostic.position.line >= 1 && diagnostic.position.column >= 1);
    require(!diagnostic.message.empty());
  }
  for (const auto& service : document.services) {
    require(!service->meta.name.empty() && !service->meta.mesh.empty());
    for (const mesh::Port& port : service->ports) require(port.port != 0 && !port.name.empty());
  }
  for (const auto& generator : document.generators) require(!generator->template_text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto file = std::make_shared<const std::string>("fuzz.yaml");
  config::LoaderSettings settings;
  settings.limits.document_size = 1 << 16;
  for (const config::DocumentText& part : config::split(text)) {
    const config::Document document =
        config::parse_document(part.text, {file, part.line}, settings);
    check(document);
    check(config::moved(document, 5));
  }
  return 0;
}
