#include "explain/story.h"

namespace explain {

std::string counted(std::uint64_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

void Story::say(std::string_view text) {
  text_.append(text).append(1, '\n');
  last_label_.clear();
}

void Story::tell(std::string_view label, std::string_view text) {
  constexpr std::size_t kColumn = 12;
  std::string left = "  ";
  if (label != last_label_) left += label;
  left.resize(kColumn > left.size() ? kColumn : left.size() + 1, ' ');
  text_.append(left).append(text).append(1, '\n');
  last_label_ = label;
}

}  // namespace explain
