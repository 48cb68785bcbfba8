// Go's fmt, for the values that a template computes with: every byte is as Go prints it.
//
// What isn't supported of a format (explicit argument indexes, '*', '#', some verbs of some types)
// throws FunctionError and is never printed differently. Internal to the folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "hostname/value.h"

namespace hostname {

inline constexpr std::size_t kMaxOutput = 4096;  // bytes that a template may yield, or a function

std::string sprint(std::span<const Value> values);
std::string sprintln(std::span<const Value> values);
std::string sprintf(std::string_view format, std::span<const Value> values);

// As an action prints its result.
void append_value(std::string& out, const Value& value);

}  // namespace hostname
