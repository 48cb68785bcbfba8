// with_defaults(), followed: Kuma's default generators beside given ones that come and go.
//
// Owned by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "mesh/change.h"

namespace hostname {

class Defaults {
 public:
  using Changes = std::vector<mesh::Changed<mesh::HostnameGenerator>>;

  // `env` as for default_generators().
  explicit Defaults(std::string_view env);

  // Of changes of the given generators makes those of with_defaults(given): a default goes while a
  // given one has its name. The first call adds the defaults, whatever is given.
  Changes apply(Changes given);

 private:
  struct Default {
    std::shared_ptr<const mesh::HostnameGenerator> generator;
    std::size_t given = 0;  // generators of this name; in several namespaces perhaps
    bool in_use = false;
  };
  std::vector<Default> defaults_;
};

}  // namespace hostname
