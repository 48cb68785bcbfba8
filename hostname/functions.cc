#include "hostname/functions.h"

#include <algorithm>
#include <optional>

#include "hostname/format.h"

namespace hostname {
namespace {

using Kind = Value::Kind;

[[noreturn]] void fail(std::string message) {
  throw FunctionError{std::move(message)};
}

std::string type(const Value& value) {
  return std::string(value.type());
}

Value length(const Value& value) {
  if (value.kind != Kind::String) fail("len of " + type(value) + ": it wants a string");
  return Value::of(static_cast<std::int64_t>(value.text.size()));
}

// An index into something of `size` octets; `size` itself is allowed.
std::size_t index_argument(const Value& index, std::size_t size) {
  if (!index.is_integer()) fail("an index must be an integer, not " + type(index));
  if (index.number < 0 || static_cast<std::uint64_t>(index.number) > size) {
    fail("index " + std::to_string(index.number) + " is out of range: the string has " +
         std::to_string(size) + " bytes");
  }
  return static_cast<std::size_t>(index.number);
}

Value index(std::span<const Value> arguments) {
  Value item = arguments[0];
  if (item.kind == Kind::Nil) fail("index of nil");
  for (const Value& argument : arguments.subspan(1)) {
    if (item.kind != Kind::String) fail("index of " + type(item) + ": it wants a string");
    const std::size_t i = index_argument(argument, item.text.size());
    if (i == item.text.size()) {
      fail("index " + std::to_string(i) + " is out of range: the string has as many bytes");
    }
    item = Value::byte(static_cast<std::uint8_t>(item.text[i]));
  }
  return item;
}

Value slice(std::span<const Value> arguments) {
  const Value& item = arguments[0];
  if (item.kind != Kind::String) fail("slice of " + type(item) + ": it wants a string");
  if (arguments.size() > 3) fail("a string has at most two slice indexes");
  const std::size_t size = item.text.size();
  const std::size_t begin = arguments.size() > 1 ? index_argument(arguments[1], size) : 0;
  const std::size_t end = arguments.size() > 2 ? index_argument(arguments[2], size) : size;
  if (begin > end) {
    fail("slice from " + std::to_string(begin) + " to " + std::to_string(end) +
         ", which lies before it");
  }
  return Value::of(item.text.substr(begin, end - begin));
}

// Kinds that are compared with each other: int and uint8 are.
bool comparable(const Value& a, const Value& b) {
  return a.kind == b.kind || (a.is_integer() && b.is_integer());
}

[[noreturn]] void incompatible(const Value& a, const Value& b) {
  fail("can't compare " + type(a) + " with " + type(b));
}

bool same(const Value& a, const Value& b) {
  if (a.kind == Kind::Nil || b.kind == Kind::Nil) return a.kind == b.kind;
  if (!comparable(a, b)) incompatible(a, b);
  switch (a.kind) {
    case Kind::Data:
      return true;
    case Kind::String:
      return a.text == b.text;
    case Kind::Float:
      return a.real == b.real;
    default:
      return a.number == b.number;
  }
}

bool less(const Value& a, const Value& b) {
  for (const Value* value : {&a, &b}) {
    if (value->kind == Kind::Nil || value->kind == Kind::Data) {
      fail("can't order " + type(*value));
    }
  }
  if (!comparable(a, b)) incompatible(a, b);
  switch (a.kind) {
    case Kind::Bool:
      fail("can't order bool");
    case Kind::String:
      return a.text < b.text;
    case Kind::Float:
      return a.real < b.real;
    default:
      return a.number < b.number;
  }
}

Value equal(std::span<const Value> arguments) {
  if (arguments.size() < 2) fail("eq wants something to compare with");
  for (const Value& other : arguments.subspan(1)) {
    if (same(arguments[0], other)) return Value::of(true);
  }
  return Value::of(false);
}

Value print(std::span<const Value> arguments) {
  return Value::of(sprint(arguments));
}
Value println(std::span<const Value> arguments) {
  return Value::of(sprintln(arguments));
}
Value printf(std::span<const Value> arguments) {
  if (arguments[0].kind != Kind::String) {
    fail("the first argument must be a format in double quotes, not " + type(arguments[0]));
  }
  return Value::of(sprintf(arguments[0].text, arguments.subspan(1)));
}
Value negate(std::span<const Value> arguments) {
  return Value::of(!arguments[0].truth());
}
Value len(std::span<const Value> arguments) {
  return length(arguments[0]);
}
Value not_equal(std::span<const Value> arguments) {
  return Value::of(!same(arguments[0], arguments[1]));
}
Value lt(std::span<const Value> arguments) {
  return Value::of(less(arguments[0], arguments[1]));
}
Value le(std::span<const Value> arguments) {
  return Value::of(less(arguments[0], arguments[1]) || same(arguments[0], arguments[1]));
}
Value gt(std::span<const Value> arguments) {
  return Value::of(!less(arguments[0], arguments[1]) && !same(arguments[0], arguments[1]));
}
Value ge(std::span<const Value> arguments) {
  return Value::of(!less(arguments[0], arguments[1]));
}

constexpr std::size_t kAny = 1000;  // arguments

struct Function {
  std::string_view name;
  std::size_t least;  // arguments
  std::size_t most;
  Value (*call)(std::span<const Value> arguments);  // null: evaluated elsewhere
};

// Sorted by name.
constexpr Function kFunctions[] = {
    {"and", 1, kAny, nullptr}, {"eq", 1, kAny, equal},      {"ge", 2, 2, ge},
    {"gt", 2, 2, gt},          {"index", 1, kAny, index},   {"label", 1, 1, nullptr},
    {"le", 2, 2, le},          {"len", 1, 1, len},          {"lt", 2, 2, lt},
    {"ne", 2, 2, not_equal},   {"not", 1, 1, negate},       {"or", 1, kAny, nullptr},
    {"print", 0, kAny, print}, {"printf", 1, kAny, printf}, {"println", 0, kAny, println},
    {"slice", 1, kAny, slice},
};

const Function* find(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kFunctions, name, {}, &Function::name);
  return found != std::end(kFunctions) && found->name == name ? found : nullptr;
}

}  // namespace

bool is_function(std::string_view name) {
  return find(name) != nullptr;
}

std::string function_names() {
  std::string names;
  for (const Function& function : kFunctions) {
    names.append(names.empty() ? "" : ", ").append(function.name);
  }
  return names;
}

void check_count(std::string_view name, std::size_t count) {
  const Function& function = *find(name);
  if (count >= function.least && count <= function.most) return;
  fail(std::string(name) + " wants " + (function.least == function.most ? "" : "at least ") +
       std::to_string(function.least) + " argument(s), not " + std::to_string(count));
}

Value call(std::string_view name, std::span<const Value> arguments) {
  check_count(name, arguments.size());
  return find(name)->call(arguments);
}

}  // namespace hostname
