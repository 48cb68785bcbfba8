#include "hostname/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "hostname/functions.h"
#include "hostname/literal.h"

namespace hostname {
namespace {

using Kind = Value::Kind;

constexpr int kMaxWidth = 1000;

[[noreturn]] void fail(std::string message) {
  throw FunctionError{std::move(message)};
}

// The shortest decimal digits that read back as the same number (Go's %g without a precision):
// with an exponent where that is below -4 or above 5.
std::string shortest(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::scientific);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end.ptr, exponent);
  if (exponent < -4 || exponent > 5) return std::string(text);
  const auto fixed =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return {digits.data(), fixed.ptr};
}

struct Spec {
  bool plus = false;
  bool minus = false;
  bool space = false;
  bool zero = false;
  std::optional<int> width;
  std::optional<int> precision;
  std::string_view verb;  // one code point
};

std::size_t rune_count(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Printer {
 public:
  void text(std::string_view text) {
    if (out_.size() + text.size() > kMaxOutput) fail("more than 4096 bytes are printed");
    out_ += text;
  }
  void value(const Value& value, const Spec& spec);
  void bad_verb(const Value& value, Spec spec);
  std::string take() { return std::move(out_); }

 private:
  void padding(std::size_t count, const Spec& spec) {
    // As of Go 1.23 zeros pad to the left only.
    text(std::string(count, spec.zero && !spec.minus ? '0' : ' '));
  }
  void padded(std::string_view text, const Spec& spec);
  void string(std::string_view value, const Spec& spec);
  void hex(std::string_view value, const Spec& spec);
  void quoted(std::string_view value, const Spec& spec);
  void integer(const Value& value, const Spec& spec);
  void digits(const Value& value, int base, const Spec& spec);
  void real(double value, const Spec& spec);

  std::string out_;
};

void Printer::padded(std::string_view value, const Spec& spec) {
  const std::size_t count = rune_count(value);
  const auto width = static_cast<std::size_t>(spec.width.value_or(0));
  const std::size_t fill = width > count ? width - count : 0;
  if (!spec.minus) padding(fill, spec);
  text(value);
  if (spec.minus) padding(fill, spec);
}

std::string_view truncated(std::string_view value, const Spec& spec) {
  if (!spec.precision) return value;
  std::size_t size = 0;
  for (int left = *spec.precision; left > 0 && size < value.size(); --left) {
    // A slice of a string may cut a code point, whose octets Go counts one by one.
    if (!is_utf8(value)) fail("a precision cuts a string that is no UTF-8, which is not supported");
    size += rune_size(value.substr(size));
  }
  return value.substr(0, size);
}

void Printer::string(std::string_view value, const Spec& spec) {
  switch (spec.verb.front()) {
    case 'v':
    case 's':
      return padded(truncated(value, spec), spec);
    case 'x':
    case 'X':
      return hex(value, spec);
    default:
      return quoted(truncated(value, spec), spec);
  }
}

void Printer::hex(std::string_view value, const Spec& spec) {
  if (spec.space) fail("the flag ' ' of %x is not supported for strings");
  if (spec.precision) value = value.substr(0, static_cast<std::size_t>(*spec.precision));
  const char* digits = spec.verb == "x" ? "0123456789abcdef" : "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    encoded += digits[static_cast<unsigned char>(c) >> 4];
    encoded += digits[c & 0xf];
  }
  padded(encoded, spec);
}

void Printer::quoted(std::string_view value, const Spec& spec) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  std::string quoted = "\"";
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x80) fail("%q is supported for ASCII only");
    if (const std::size_t i = kValues.find(c); i != kValues.npos) {
      quoted.append(1, '\\').append(1, kNames[i]);
    } else if (c < 0x20 || c == 0x7f) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(c));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  padded(quoted + '"', spec);
}

void Printer::digits(const Value& value, int base, const Spec& spec) {
  const bool negative = value.number < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(value.number)
                                           : static_cast<std::uint64_t>(value.number);
  Spec blank = spec;
  blank.zero = false;
  if (spec.precision == 0 && magnitude == 0) return padded("", blank);
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, base);
  std::string digits(buffer.data(), end.ptr);
  if (spec.verb == "X") {
    for (char& c : digits) c = c >= 'a' ? static_cast<char>(c - 0x20) : c;
  }
  // A precision asks for leading zeros, and so does the flag 0 with a width.
  std::size_t least = static_cast<std::size_t>(spec.precision.value_or(0));
  if (!spec.precision && spec.zero && !spec.minus && spec.width) {
    least = static_cast<std::size_t>(*spec.width);
    if (least > 0 && (negative || spec.plus || spec.space)) --least;
  }
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  if (spec.verb == "O") digits.insert(0, "0o");
  const char* sign = negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  padded(sign + digits, blank);
}

void Printer::integer(const Value& value, const Spec& spec) {
  switch (spec.verb.front()) {
    case 'v':
    case 'd':
      return digits(value, 10, spec);
    case 'b':
      return digits(value, 2, spec);
    case 'o':
    case 'O':
      return digits(value, 8, spec);
    case 'x':
    case 'X':
      return digits(value, 16, spec);
    default: {
      std::string character;
      append_rune(character, value.number);
      return padded(character, spec);
    }
  }
}

void Printer::real(double value, const Spec& spec) {
  std::string number;
  if (spec.verb == "e" || spec.verb == "f") {
    std::array<char, 1400> buffer;  // 309 digits before the point, 1000 behind
    const int precision = spec.precision.value_or(6);
    if (spec.verb == "e") {
      std::snprintf(buffer.data(), buffer.size(), "%.*e", precision, value);
    } else {
      std::snprintf(buffer.data(), buffer.size(), "%.*f", precision, value);
    }
    number = buffer.data();
  } else {
    if (spec.precision) fail("a precision of %g and %v is not supported for numbers");
    number = shortest(value);
  }
  const bool negative = number.front() == '-';
  if (!negative && spec.plus) number.insert(0, 1, '+');
  if (!negative && spec.space && !spec.plus) number.insert(0, 1, ' ');
  const bool has_sign = negative || spec.plus || spec.space;
  const auto width = static_cast<std::size_t>(spec.width.value_or(0));
  if (has_sign && spec.zero && !spec.minus && width > number.size()) {
    number.insert(1, width - number.size(), '0');  // the sign stays in front of the zeros
  }
  padded(number, spec);
}

// The verbs of each type. Those that Go has and we don't support are refused, not misprinted.
bool has_verb(const Value& value, std::string_view verb) {
  if (verb.size() != 1) return false;
  const auto one_of = [&](std::string_view verbs) { return verbs.find(verb) != verbs.npos; };
  switch (value.kind) {
    case Kind::String:
      return one_of("vsxXq");
    case Kind::Int:
    case Kind::Byte:
      if (one_of("qU")) fail("%" + std::string(verb) + " is not supported for integers");
      return one_of("vdboOxXc");
    case Kind::Float:
      if (one_of("bEFGxX")) fail("%" + std::string(verb) + " is not supported for numbers");
      return one_of("vgef");
    case Kind::Bool:
      return one_of("vt");
    case Kind::Nil:
      return one_of("v");
    case Kind::Data:
      break;
  }
  fail("the service's data can't be printed as a whole: print its fields, as .Name");
}

void Printer::value(const Value& value, const Spec& spec) {
  if (spec.verb == "T" && value.kind != Kind::Data) {
    Spec name = spec;
    name.verb = "s";
    return string(value.type(), name);
  }
  if (!has_verb(value, spec.verb)) return bad_verb(value, spec);
  switch (value.kind) {
    case Kind::String:
      return string(value.text, spec);
    case Kind::Float:
      return real(value.real, spec);
    case Kind::Bool:
      return padded(value.number != 0 ? "true" : "false", spec);
    case Kind::Nil:
      return padded("<nil>", spec);
    default:
      return integer(value, spec);
  }
}

// "%!d(string=hi)". The flags hold for the value in it, as in Go.
void Printer::bad_verb(const Value& value, Spec spec) {
  text("%!" + std::string(spec.verb) + '(');
  if (value.kind == Kind::Nil) return text("<nil>)");
  text(std::string(value.type()) + '=');
  spec.verb = "v";
  this->value(value, spec);
  text(")");
}

// Reads the directives of a format.
class Format {
 public:
  Format(std::string_view format, std::span<const Value> values) : rest_(format), values_(values) {}

  std::string print() {
    while (!rest_.empty()) {
      const std::size_t percent = std::min(rest_.find('%'), rest_.size());
      printer_.text(rest_.substr(0, percent));
      rest_.remove_prefix(percent);
      if (!rest_.empty()) directive();
    }
    if (next_ < values_.size()) extra();
    return printer_.take();
  }

 private:
  static constexpr Spec kPlain{.verb = "v"};

  void flags(Spec& spec) {
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      switch (rest_.front()) {
        case '+':
          spec.plus = true;
          break;
        case '-':
          spec.minus = true;
          break;
        case ' ':
          spec.space = true;
          break;
        case '0':
          spec.zero = true;
          break;
        case '#':
          fail("the flag # is not supported in a format");
        default:
          return;
      }
    }
  }

  std::optional<int> number() {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (rest_.empty() || rest_.front() == '-' || error == std::errc::invalid_argument) {
      return std::nullopt;
    }
    if (error != std::errc() || value > kMaxWidth) fail("a width in a format is at most 1000");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  void directive() {
    rest_.remove_prefix(1);
    Spec spec;
    flags(spec);
    spec.width = number();
    if (!rest_.empty() && rest_.front() == '.') {
      rest_.remove_prefix(1);
      spec.precision = number().value_or(0);
    }
    if (rest_.empty()) return printer_.text("%!(NOVERB)");
    const std::size_t size = std::min(rune_size(rest_), rest_.size());
    spec.verb = rest_.substr(0, size);
    rest_.remove_prefix(size);
    verb(spec);
  }

  void verb(Spec spec) {
    if (spec.verb == "*" || spec.verb == "[") {
      fail("'" + std::string(spec.verb) + "' is not supported in a format");
    }
    if (spec.verb == "w" || spec.verb == "p") {
      fail("%" + std::string(spec.verb) + " is not supported in a format");
    }
    if (spec.verb == "%") return printer_.text("%");
    if (next_ >= values_.size()) {
      return printer_.text("%!" + std::string(spec.verb) + "(MISSING)");
    }
    if (spec.verb == "v") spec.plus = false;  // %+v means something else: the fields of structs
    printer_.value(values_[next_++], spec);
  }

  void extra() {
    printer_.text("%!(EXTRA ");
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i > next_) printer_.text(", ");
      const Value& value = values_[i];
      if (value.kind != Kind::Nil) printer_.text(std::string(value.type()) + '=');
      printer_.value(value, kPlain);
    }
    printer_.text(")");
  }

  std::string_view rest_;
  std::span<const Value> values_;
  std::size_t next_ = 0;
  Printer printer_;
};

}  // namespace

std::string sprint(std::span<const Value> values) {
  Printer printer;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // A blank between two operands of which neither is a string.
    if (i > 0 && values[i].kind != Kind::String && values[i - 1].kind != Kind::String) {
      printer.text(" ");
    }
    printer.value(values[i], {.verb = "v"});
  }
  return printer.take();
}

std::string sprintln(std::span<const Value> values) {
  Printer printer;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) printer.text(" ");
    printer.value(values[i], {.verb = "v"});
  }
  printer.text("\n");
  return printer.take();
}

std::string sprintf(std::string_view format, std::span<const Value> values) {
  return Format(format, values).print();
}

void append_value(std::string& out, const Value& value) {
  if (value.kind == Kind::String) {
    out += value.text;
  } else if (value.kind == Kind::Nil) {
    out += "<no value>";
  } else {
    out += sprint({&value, 1});
  }
}

}  // namespace hostname
