#include "mesh/labels.h"

#include <cassert>

namespace mesh {
namespace {

// Cuts the text up to the next NUL off the front of `rest`.
std::string_view take(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return text;
}

}  // namespace

Labels::Labels(std::initializer_list<Pair> pairs) {
  for (const auto& [key, value] : pairs) set(key, value);
}

void Labels::set(std::string_view key, std::string_view value) {
  assert(key.find('\0') == key.npos && value.find('\0') == value.npos);
  std::size_t begin = 0;  // where the pair goes
  std::size_t end = 0;    // behind the pair that it replaces, if any
  for (std::string_view rest = packed_; !rest.empty();) {
    const std::string_view found = take(rest);
    take(rest);
    if (found > key) break;
    end = packed_.size() - rest.size();
    if (found == key) break;
    begin = end;
  }
  std::string pair;
  pair.reserve(key.size() + value.size() + 2);
  pair.append(key).append(1, '\0').append(value).append(1, '\0');
  packed_.replace(begin, end - begin, pair);
}

void Labels::set_default(std::string_view key, std::string_view value) {
  if (!get(key)) set(key, value);
}

std::optional<std::string_view> Labels::get(std::string_view key) const {
  for (std::string_view rest = packed_; !rest.empty();) {
    const std::string_view found = take(rest);
    const std::string_view value = take(rest);
    if (found == key) return value;
  }
  return std::nullopt;
}

bool Labels::contains_all(const Labels& wanted) const {
  for (std::string_view rest = wanted.packed_; !rest.empty();) {
    const std::string_view key = take(rest);
    if (get(key) != take(rest)) return false;
  }
  return true;
}

std::vector<Labels::Pair> Labels::pairs() const {
  std::vector<Pair> all;
  for (std::string_view rest = packed_; !rest.empty();) {
    const std::string_view key = take(rest);
    all.emplace_back(key, take(rest));
  }
  return all;
}

}  // namespace mesh
