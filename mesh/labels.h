// A set of labels: keys with one value each, sorted by key.
//
// Held packed in one buffer, which copies have in common. Most services of a mesh differ in their
// display-name alone: share() lets all else be one buffer of theirs, so that 100,000 services with
// half a dozen labels each stay small. Looking a key up is a scan: a resource has few.
//
// A Labels is a plain value: copies may be used by several threads. What it hands out is valid
// until it is changed.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <compare>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mesh {

class Labels {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  Labels() = default;
  Labels(std::initializer_list<Pair> pairs);

  // Adds the key, or replaces its value. REQUIRES: no NUL in either.
  void set(std::string_view key, std::string_view value);
  // Adds the key only if it isn't there.
  void set_default(std::string_view key, std::string_view value);

  // Likewise with several. REQUIRES: sorted by key, none twice.
  void set_defaults(std::initializer_list<Pair> pairs);
  // Takes the buffer of what but the display-name is equal to what this thread shared a short while
  // ago, if there is such. Changes no value.
  void share();

  std::optional<std::string_view> get(std::string_view key) const;
  // The value, or "" when the key isn't there.
  std::string_view get_or_empty(std::string_view key) const { return get(key).value_or(""); }
  // True when every pair of `wanted` is here with the same value. An empty `wanted` is
  // always matched.
  bool contains_all(const Labels& wanted) const;

  bool empty() const { return !block_; }
  // Sorted by key.
  std::vector<Pair> pairs() const;

  // Pair by pair.
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);
  friend bool operator==(const Labels& a, const Labels& b) { return (a <=> b) == 0; }

 private:
  struct Block;
  class Cursor;
  using Pointer = boost::intrusive_ptr<const Block>;
  friend void intrusive_ptr_add_ref(const Block* block);
  friend void intrusive_ptr_release(const Block* block);

  static Labels unpacked(std::string_view packed);

  Pointer block_;  // null: empty
};

// The keys that Kuma gives a meaning to.
namespace label {
inline constexpr std::string_view kMesh = "kuma.io/mesh";
inline constexpr std::string_view kDisplayName = "kuma.io/display-name";
inline constexpr std::string_view kOrigin = "kuma.io/origin";
inline constexpr std::string_view kZone = "kuma.io/zone";
inline constexpr std::string_view kEnv = "kuma.io/env";
inline constexpr std::string_view kNamespace = "k8s.kuma.io/namespace";
inline constexpr std::string_view kManagedBy = "kuma.io/managed-by";
inline constexpr std::string_view kWorkload = "kuma.io/workload";
inline constexpr std::string_view kServiceTag = "kuma.io/service";    // a tag, not a label
inline constexpr std::string_view kProtocolTag = "kuma.io/protocol";  // a tag, not a label
}  // namespace label

}  // namespace mesh
