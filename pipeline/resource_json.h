// A service with its computed status as JSON, in Kuma's field names. The one header of the folder
// that shows Boost.JSON.
#pragma once

#include <boost/json/object.hpp>

#include "mesh/diagnostic.h"
#include "pipeline/service_view.h"

namespace pipeline {

boost::json::object service_json(const ServiceView& view);
// The status alone, of the shape that Kuma gives it: a MeshExternalService has one `vip`.
boost::json::object kuma_status_json(const ServiceView& view);
boost::json::object diagnostic_json(const mesh::Diagnostic& diagnostic);

}  // namespace pipeline
