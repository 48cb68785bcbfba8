// Whether two values of the model are equal in every field, positions included: by this a resource
// that was decoded or generated again with the same result keeps its pointer.
//
// Pure functions. Internal to the folder.
#pragma once

#include <memory>

#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace kubernetes {

bool same(const mesh::Diagnostics& a, const mesh::Diagnostics& b);
bool same(const mesh::Service& a, const mesh::Service& b);
bool same(const mesh::HostnameGenerator& a, const mesh::HostnameGenerator& b);

// True also where both are null.
template <typename T>
bool same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a && b && same(*a, *b));
}

}  // namespace kubernetes
