// The HostnameGenerators of a file's text, without a parse of its other documents.
//
// Pure. Internal to the folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/loader.h"

namespace config {

// Parses those documents only that have the kind's name somewhere in them.
void add_generators(std::string_view text, const std::shared_ptr<const std::string>& file,
                    const LoaderSettings& settings,
                    std::vector<std::shared_ptr<const mesh::HostnameGenerator>>& generators);

}  // namespace config
