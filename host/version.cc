#include "host/version.h"

#ifndef MESH_DNS_VERSION
#define MESH_DNS_VERSION "unknown"
#endif

namespace host {

std::string_view version() {
  return MESH_DNS_VERSION;
}

}  // namespace host
