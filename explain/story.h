// Lines of text in two columns: what is told, and the telling. Internal to app.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace explain {

std::string counted(std::uint64_t count, const char* noun);  // "1 service", "2 services"

class Story {
 public:
  // A line of its own, without a label.
  void say(std::string_view text);
  // "  owner      MeshService redis": the label only on the first of several lines with it.
  void tell(std::string_view label, std::string_view text);
  void blank() { text_ += '\n'; }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_label_;
};

}  // namespace explain
