// The ranges that virtual IPs are allocated from.
//
// Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mesh/diagnostic.h"
#include "mesh/ip.h"
#include "mesh/resources.h"

namespace vip {

// Of each kind, in order of preference.
struct Pools {
  std::array<std::vector<mesh::Cidr>, std::size(mesh::kKinds)> ranges;

  std::vector<mesh::Cidr>& of(mesh::Kind kind) { return ranges[static_cast<std::size_t>(kind)]; }
  const std::vector<mesh::Cidr>& of(mesh::Kind kind) const {
    return ranges[static_cast<std::size_t>(kind)];
  }
};

// Errors where pools overlap each other, or hold no usable address.
mesh::Diagnostics check(const Pools& pools);

// The addresses of a pool that can be given out: all but the network and broadcast addresses
// (IPv6: the subnet-router anycast address). A /31 or /32 (IPv6 /127, /128) has none left.
std::uint64_t usable(const mesh::Cidr& pool);  // saturates

// The setting that names the pools of a kind: "vip.meshService".
std::string_view setting(mesh::Kind kind);

}  // namespace vip
