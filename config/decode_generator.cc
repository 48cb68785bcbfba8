#include "config/decode_generator.h"

#include <cctype>

namespace config {
namespace {

using mesh::HostnameGenerator;
using mesh::Kind;

constexpr Path kRoot;
const Path kSpec = kRoot / "spec";
const Path kSelector = kSpec / "selector";

struct SelectorField {
  std::string_view key;
  Kind selects;
};
constexpr SelectorField kSelectors[] = {{"meshService", Kind::MeshService},
                                        {"meshExternalService", Kind::MeshExternalService},
                                        {"meshMultiZoneService", Kind::MeshMultiZoneService}};

void decode_match(Decoder& decoder, const Node& node, const Path& path,
                  HostnameGenerator& generator) {
  if (node.kind == Node::Kind::Null || !decoder.map(node, path)) return;
  decoder.only(node, path, {"matchLabels"});
  if (const Node* labels = Decoder::find(node, "matchLabels")) {
    generator.match = decoder.labels(*labels, path / "matchLabels");
  }
}

void decode_selector(Decoder& decoder, const Node& spec, HostnameGenerator& generator) {
  const Node* selector = decoder.require(spec, "selector", kSpec);
  if (selector == nullptr || !decoder.map(*selector, kSelector)) return;
  decoder.only(*selector, kSelector,
               {"meshService", "meshExternalService", "meshMultiZoneService"});
  int given = 0;
  for (const auto& [key, selects] : kSelectors) {
    const Node* match = selector->find(key);
    if (match == nullptr) continue;
    ++given;
    generator.selects = selects;
    decode_match(decoder, *match, kSelector / key, generator);
  }
  if (given == 1) return;
  decoder.error(*selector, kSelector,
                std::to_string(given) +
                    " selectors; exactly one of meshService, meshExternalService, "
                    "meshMultiZoneService");
}

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

void decode_template(Decoder& decoder, const Node& spec, HostnameGenerator& generator) {
  const Path path = kSpec / "template";
  const Node* node = decoder.require(spec, "template", kSpec);
  if (node == nullptr) return;
  generator.template_position = decoder.source().at(*node);
  if (node->is_map()) {
    decoder.error(*node, path,
                  "expected a string, found a map: YAML reads an unquoted {{ as one, so quote "
                  "the template");
    return;
  }
  auto text = decoder.string(*node, path);
  if (!text) return;
  if (text->empty()) {
    decoder.error(*node, path, "is empty: write one as \"{{ .DisplayName }}.svc.mesh.local\"");
  } else if (is_blank(text->back()) || is_blank(text->front())) {
    decoder.error(*node, path,
                  "begins or ends with a blank or a line break, which would be part of every "
                  "name: write it in quotes on one line, or as a block with |- instead of |");
  }
  generator.template_text = std::move(*text);
}

}  // namespace

HostnameGenerator decode_generator(Decoder& decoder, const Node& document, const Shape& shape,
                                   const mesh::Locality& locality) {
  HostnameGenerator generator;
  generator.meta = decode_meta(decoder, document, shape, Scope::Global, locality);
  if (shape.spec == nullptr) {
    decoder.error(document, kSpec, "is missing");
    return generator;
  }
  if (!decoder.map(*shape.spec, kSpec)) return generator;
  decoder.only(*shape.spec, kSpec, {"selector", "template", "extension"});
  decode_selector(decoder, *shape.spec, generator);
  decode_template(decoder, *shape.spec, generator);
  if (const Node* extension = Decoder::find(*shape.spec, "extension")) {
    decoder.warn(*extension, kSpec / "extension",
                 "extensions are Kuma's own; the template is used without it");
  }
  return generator;
}

}  // namespace config
