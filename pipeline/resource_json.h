// A service with its computed status as JSON, in Kuma's field names. Internal to app: it is the one
// header here that shows Boost.JSON.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>

#include "pipeline/build.h"

namespace pipeline {

boost::json::object service_json(const Build& build, std::size_t index);
// The status alone, of the shape that Kuma gives it: a MeshExternalService has one `vip`.
boost::json::object kuma_status_json(const Build& build, std::size_t index);
boost::json::object diagnostic_json(const mesh::Diagnostic& diagnostic);

}  // namespace pipeline
