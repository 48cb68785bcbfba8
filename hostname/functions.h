// The functions of Go's templates, as far as they are supported, on values. `and`, `or` and `label`
// are not here: the first two evaluate their arguments one by one, the last needs the service.
//
// Internal to the folder.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hostname/value.h"

namespace hostname {

// True for all functions, those three included.
bool is_function(std::string_view name);
std::string function_names();  // "and, eq, ..."

// What a function does with wrong arguments; the caller knows where.
struct FunctionError {
  std::string message;
};

// Throws FunctionError when a function, one of those three perhaps, doesn't take so many arguments.
void check_count(std::string_view name, std::size_t count);

// Throws FunctionError. REQUIRES: is_function(name), and none of those three.
Value call(std::string_view name, std::span<const Value> arguments);

}  // namespace hostname
