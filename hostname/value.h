// A value that a template computes with: those of Go's types that can occur here.
//
// Internal to the folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hostname {

struct Value {
  enum class Kind : std::uint8_t {
    Nil,   // Go's nil, and a value that isn't there
    Data,  // what the template is executed with: has the fields, can be nothing but tested
    String,
    Int,    // int
    Byte,   // uint8, from index of a string
    Float,  // float64
    Bool,
  };
  Kind kind = Kind::Nil;
  std::int64_t number = 0;  // Int, Byte, Bool
  double real = 0;
  std::string text;

  static Value data() { return {Kind::Data}; }
  static Value of(std::string text) { return {Kind::String, 0, 0, std::move(text)}; }
  static Value of(bool value) { return {Kind::Bool, value ? 1 : 0}; }
  static Value of(std::int64_t value) { return {Kind::Int, value}; }
  static Value of(double value) { return {Kind::Float, 0, value}; }
  static Value byte(std::uint8_t value) { return {Kind::Byte, value}; }

  bool is_integer() const { return kind == Kind::Int || kind == Kind::Byte; }

  // Go's truth: not the zero of its type.
  bool truth() const {
    switch (kind) {
      case Kind::Nil:
        return false;
      case Kind::Data:
        return true;
      case Kind::String:
        return !text.empty();
      case Kind::Float:
        return real != 0;
      default:
        return number != 0;
    }
  }

  // Go's name of the type, for messages and %T.
  std::string_view type() const {
    switch (kind) {
      case Kind::Nil:
        return "<nil>";
      case Kind::Data:
        return "the service's data";
      case Kind::String:
        return "string";
      case Kind::Int:
        return "int";
      case Kind::Byte:
        return "uint8";
      case Kind::Float:
        return "float64";
      case Kind::Bool:
        return "bool";
    }
    return "";
  }
};

}  // namespace hostname
