// The schema of the settings file, from the table that reads it. Internal to app: it shows
// Boost.JSON.
#pragma once

#include <boost/json/object.hpp>

namespace cli {

boost::json::object settings_schema();

}  // namespace cli
