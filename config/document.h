// One document's text → the resources in it, with everything that is wrong with them.
//
// Pure, and safe to call from several threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/loader.h"
#include "config/node.h"
#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace config {

// A resource with an error in it is not among the resources, only among the diagnostics.
struct Document {
  std::vector<std::shared_ptr<const mesh::Service>> services;
  std::vector<std::shared_ptr<const mesh::HostnameGenerator>> generators;
  std::vector<std::shared_ptr<const mesh::Dataplane>> dataplanes;
  mesh::Diagnostics diagnostics;
};

// The kinds that a document may be of: first ours, then those of Kuma that are skipped.
std::vector<std::string_view> kinds();

Document parse_document(std::string_view text, const Source& source,
                        const LoaderSettings& settings);

// The same, `lines` further down in its file.
Document moved(const Document& document, std::int64_t lines);

}  // namespace config
