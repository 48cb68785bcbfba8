// JSON of the Kubernetes API → the objects of objects.h.
//
// The API server has validated what it stores, so what is invalid here is ignored rather than
// reported: an address that doesn't parse, a port out of range. Pure functions. Internal to the
// folder.
#pragma once

#include <boost/json/fwd.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/system/error_code.hpp>
#include <string>
#include <string_view>

#include "kubernetes/objects.h"

namespace kubernetes {

// What the API server sent, as a value in `memory`, without what is nested deeper than anything
// that we read: a parser has a limit, and one object beyond it must not cost the whole collection.
boost::json::value parse_json(std::string_view text, boost::system::error_code& error,
                              const boost::json::storage_ptr& memory);

Key decode_key(const boost::json::object& object);
Service decode_service(const boost::json::object& object);
EndpointSlice decode_slice(const boost::json::object& object);
Pod decode_pod(const boost::json::object& object);
Namespace decode_namespace(const boost::json::object& object);
Definition decode_definition(const boost::json::object& object);

// What we write of a status, so that two of them can be compared as text: addresses, vips, vip and
// hostnameGenerators, keys sorted, without what is empty. `status` may be null.
std::string status_text(const boost::json::value* status);

// The value at `path`, keys with dots between ("metadata.resourceVersion"), or "" if there is no
// string.
std::string_view text_at(const boost::json::object& object, std::string_view path);

}  // namespace kubernetes
