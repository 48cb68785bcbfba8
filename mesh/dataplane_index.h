// The Dataplanes by each of their properties, so that a service looks only at those that share one
// with its selector: 100,000 services times 10,000 Dataplanes would be too many pairs.
//
// A Dataplane that is replaced keeps its number, so that only the properties that differ are
// touched. Owned by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "mesh/change.h"
#include "mesh/resources.h"

namespace mesh {

class DataplaneIndex {
 public:
  void apply(std::span<const Changed<Dataplane>> changes);

  // A superset of what the service selects: numbers, as operator[] takes them.
  std::span<const std::uint32_t> candidates(const Service& service) const;
  const std::shared_ptr<const Dataplane>& operator[](std::uint32_t number) const {
    return dataplanes_[number];
  }

  // Calls visit(dataplane) for each, in no order.
  template <typename Visit>
  void visit(Visit visit) const {
    for (const auto& dataplane : dataplanes_) {
      if (dataplane) visit(dataplane);
    }
  }

  // What the MeshService selects, sorted by core name.
  std::vector<std::shared_ptr<const Dataplane>> selected_by(const Service& service) const;

 private:
  void add(std::shared_ptr<const Dataplane> dataplane);
  void remove(std::uint32_t number);
  void replace(std::uint32_t number, std::shared_ptr<const Dataplane> dataplane);
  std::uint32_t number_of(const std::shared_ptr<const Dataplane>& dataplane) const;
  void put(std::uint64_t key, std::uint32_t number);
  void take(std::uint64_t key, std::uint32_t number);
  void build();

  std::vector<std::shared_ptr<const Dataplane>> dataplanes_;  // by number; null: free
  std::vector<std::uint32_t> free_;
  // By the hash of a property: numbers, sorted. What has another property of the same hash is among
  // them too.
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_key_;
};

// The hashes of a Dataplane's properties, sorted, each once.
std::vector<std::uint64_t> keys_of(const Dataplane& dataplane);

// One of those that a Dataplane must have to be selected by the MeshService. A service that selects
// nothing has one that no Dataplane has.
std::uint64_t key_of(const Service& service);

// The pair of a selector that fewest are likely to have. REQUIRES: there is one.
Labels::Pair telling_pair(const Labels& match);

}  // namespace mesh
