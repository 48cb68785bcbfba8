// A domain name, kept in the form the zone looks it up by.
//
// The bytes are uncompressed wire format, ASCII letters lowered. Lowering once,
// here, is what makes every comparison below a memcmp (RFC 4343).
//
// A Name is a plain value: copy it, compare it, share it between threads.
#pragma once

#include <boost/system/result.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dns {

enum class NameError : std::uint8_t { Empty, EmptyLabel, LabelTooLong, NameTooLong, BadEscape };
std::string_view to_string(NameError error);

class Name {
 public:
  static constexpr std::size_t kMaxLabel = 63;  // octets, RFC 1035, 2.3.4
  static constexpr std::size_t kMaxWire = 255;

  // The root, ".".
  Name() = default;

  // Accepts "web.mesh" and "web.mesh." alike: every name here is absolute. Understands the
  // escapes \. and \DDD of RFC 1035, 5.1.
  static boost::system::result<Name, NameError> parse(std::string_view text);
  // REQUIRES: uncompressed wire format, complete and valid.
  static Name from_wire(std::string_view wire);

  std::string to_string() const;  // with the final dot
  std::string_view wire() const { return wire_; }
  bool is_root() const { return wire_.size() == 1; }
  std::size_t labels() const;  // without the root's

  // The name without its first label. REQUIRES: not the root.
  Name parent() const;
  // True for the zone's apex and for everything below it.
  bool is_within(const Name& zone) const;

  auto operator<=>(const Name&) const = default;

 private:
  std::string wire_ = std::string(1, '\0');
};

}  // namespace dns
