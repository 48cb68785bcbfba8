// What `mesh-dns status` prints: the JSON of /status for people. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace admin {

struct StatusText {
  std::string text;
  bool ready = false;  // names are answered from a table
};

// Nothing if `json` isn't what /status answers.
std::optional<StatusText> status_text(std::string_view json);

// The name of a figure as words: "received bytes" of received_bytes.
std::string spoken(std::string_view name);
// "3 d 4 h", "2 h 5 min", "62 s": the two largest units.
std::string duration_text(double seconds);
std::string milliseconds_text(double milliseconds);  // "3.5 ms"
// "12.5 MiB"
std::string size_text(double bytes);

}  // namespace admin
