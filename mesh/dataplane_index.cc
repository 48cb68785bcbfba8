#include "mesh/dataplane_index.h"

#include <algorithm>
#include <cassert>

#include "mesh/match.h"
#include "mesh/service_table.h"

namespace mesh {
namespace {

// What a property is of: the mesh, a name, a label, the tag of an inbound.
constexpr char kAny = 'a';
constexpr char kName = 'n';
constexpr char kLabel = 'l';
constexpr char kTag = 't';
constexpr char kNothing = '-';

// What all resources of a mesh, or of a namespace, have.
bool is_common(std::string_view key) {
  constexpr std::string_view kCommon[] = {label::kMesh, label::kOrigin,    label::kZone,
                                          label::kEnv,  label::kNamespace, label::kManagedBy};
  return std::ranges::find(kCommon, key) != std::end(kCommon);
}

void append_keys(std::vector<std::uint64_t>& keys, char sort, const Dataplane& dataplane,
                 const Labels& labels) {
  for (const auto& [name, value] : labels.pairs()) {
    keys.push_back(hash_of(sort, dataplane.meta.mesh, name, value));
  }
}

}  // namespace

std::vector<std::uint64_t> keys_of(const Dataplane& dataplane) {
  const std::string& mesh = dataplane.meta.mesh;
  std::vector<std::uint64_t> keys = {hash_of(kAny, mesh), hash_of(kName, mesh, dataplane.meta.name),
                                     hash_of(kName, mesh, dataplane.meta.core_name())};
  append_keys(keys, kLabel, dataplane, dataplane.meta.labels);
  for (const Inbound& inbound : dataplane.inbounds) {
    append_keys(keys, kTag, dataplane, inbound.tags);
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Labels::Pair telling_pair(const Labels& match) {
  const auto pairs = match.pairs();
  assert(!pairs.empty());
  const auto found =
      std::ranges::find_if(pairs, [](const auto& pair) { return !is_common(pair.first); });
  return found == pairs.end() ? pairs.front() : *found;
}

std::uint64_t key_of(const Service& service) {
  const Selector& selector = service.selector;
  const std::string& mesh = service.meta.mesh;
  switch (selector.by) {
    case Selector::By::DataplaneRef:
      return hash_of(kName, mesh, selector.name);
    case Selector::By::DataplaneLabels:
    case Selector::By::DataplaneTags: {
      if (selector.match.empty()) return hash_of(kAny, mesh);
      const char sort = selector.by == Selector::By::DataplaneTags ? kTag : kLabel;
      const auto [name, value] = telling_pair(selector.match);
      return hash_of(sort, mesh, name, value);
    }
    case Selector::By::Nothing:
    case Selector::By::MeshServiceLabels:
      break;
  }
  return hash_of(kNothing, mesh, service.meta.name);
}

void DataplaneIndex::apply(std::span<const Changed<Dataplane>> changes) {
  std::vector<std::uint32_t> removed;
  for (const auto& [before, after] : changes) {
    if (before && after) replace(number_of(before), after);
    if (before && !after) removed.push_back(number_of(before));
  }
  // The last first, which costs least in sorted lists. Where many go, all is made anew instead.
  std::ranges::sort(removed, std::greater());
  const bool many = removed.size() > 1000 && removed.size() > dataplanes_.size() / 8;
  for (const std::uint32_t number : removed) {
    if (!many) remove(number);
    dataplanes_[number] = nullptr;
    free_.push_back(number);
  }
  if (many) build();
  for (const auto& [before, after] : changes) {
    if (!before && after) add(after);
  }
}

void DataplaneIndex::build() {
  by_key_.clear();
  for (std::uint32_t i = 0; i < dataplanes_.size(); ++i) {
    if (!dataplanes_[i]) continue;
    for (const std::uint64_t key : keys_of(*dataplanes_[i])) put(key, i);
  }
}

void DataplaneIndex::add(std::shared_ptr<const Dataplane> dataplane) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(dataplanes_.size()));
    dataplanes_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  for (const std::uint64_t key : keys_of(*dataplane)) put(key, number);
  dataplanes_[number] = std::move(dataplane);
}

void DataplaneIndex::remove(std::uint32_t number) {
  for (const std::uint64_t key : keys_of(*dataplanes_[number])) take(key, number);
}

void DataplaneIndex::replace(std::uint32_t number, std::shared_ptr<const Dataplane> dataplane) {
  const auto before = keys_of(*dataplanes_[number]);
  const auto after = keys_of(*dataplane);
  for (const std::uint64_t key : before) {
    if (!std::ranges::binary_search(after, key)) take(key, number);
  }
  for (const std::uint64_t key : after) {
    if (!std::ranges::binary_search(before, key)) put(key, number);
  }
  dataplanes_[number] = std::move(dataplane);
}

std::uint32_t DataplaneIndex::number_of(const std::shared_ptr<const Dataplane>& dataplane) const {
  const auto found =
      by_key_.find(hash_of(kName, dataplane->meta.mesh, dataplane->meta.core_name()));
  assert(found != by_key_.end());
  const auto number = std::ranges::find_if(
      found->second, [&](std::uint32_t each) { return dataplanes_[each] == dataplane; });
  assert(number != found->second.end());
  return *number;
}

void DataplaneIndex::put(std::uint64_t key, std::uint32_t number) {
  auto& numbers = by_key_[key];
  numbers.insert(std::ranges::lower_bound(numbers, number), number);
}

void DataplaneIndex::take(std::uint64_t key, std::uint32_t number) {
  const auto found = by_key_.find(key);
  assert(found != by_key_.end());
  auto& numbers = found->second;
  const auto at = std::ranges::lower_bound(numbers, number);
  assert(at != numbers.end() && *at == number);
  numbers.erase(at);
  if (numbers.empty()) by_key_.erase(found);
}

std::span<const std::uint32_t> DataplaneIndex::candidates(const Service& service) const {
  const auto at = [&](std::uint64_t key) -> std::span<const std::uint32_t> {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return {};
    return found->second;
  };
  auto fewest = at(key_of(service));
  const Selector& selector = service.selector;
  const char sort = selector.by == Selector::By::DataplaneTags ? kTag : kLabel;
  if (selector.by != Selector::By::DataplaneTags && selector.by != Selector::By::DataplaneLabels) {
    return fewest;
  }
  for (const auto& [name, value] : selector.match.pairs()) {
    if (fewest.size() < 2) break;
    const auto found = at(hash_of(sort, service.meta.mesh, name, value));
    if (found.size() < fewest.size()) fewest = found;
  }
  return fewest;
}

std::vector<std::shared_ptr<const Dataplane>> DataplaneIndex::selected_by(
    const Service& service) const {
  std::vector<std::shared_ptr<const Dataplane>> selected;
  for (const std::uint32_t number : candidates(service)) {
    if (selects(service, *dataplanes_[number])) selected.push_back(dataplanes_[number]);
  }
  std::ranges::sort(selected, {}, [](const auto& each) { return each->meta.core_name(); });
  return selected;
}

}  // namespace mesh
