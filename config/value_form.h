// What the decoder of one value takes, as it says itself when it is asked instead of given a value.
// The schema of the settings is made of these, so it can't say anything else than the decoder does.
//
// A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace config {

struct ValueForm {
  // Untold: its decoder asks for none of the others.
  enum class Kind : std::uint8_t {
    Untold,
    Text,
    Name,
    DnsName,
    Boolean,
    Integer,
    Word,
    Duration,
    Size,
    Address,
    Range,
    Admin,    // an Address, unix:PATH or off
    QueryLog  // off, on, 1/N or a Duration
  };
  Kind kind = Kind::Untold;
  std::uint64_t least = 0;         // of an Integer; of a Duration in ms, of a Size in bytes
  std::uint64_t most = 0;          // likewise
  bool default_port = false;       // an Address may have no port
  std::vector<std::string> words;  // those of a Word; else such as may stand in the value's place
  bool list = false;               // a list of them, or one alone
  bool not_empty = false;          // the list has at least one
  bool map = false;                // from DNS names to them
};

// Between what its value lies, as "10ms to 1m", "1 to 256" or "1KiB to 4GiB"; "" if it has no
// bounds.
std::string bounds(const ValueForm& form);

}  // namespace config
