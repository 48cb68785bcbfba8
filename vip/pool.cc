#include "vip/pool.h"

#include <string_view>

namespace vip {
namespace {

std::uint64_t add(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash * 0x100000001b3u;  // a NUL behind it
}

}  // namespace

std::uint64_t hash(const mesh::ServiceId& service) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  hash = add(hash, mesh::to_string(service.kind));
  hash = add(hash, service.mesh);
  hash = add(hash, service.name);
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
  return hash ^ hash >> 33;
}

std::vector<Pool> all_pools(const Pools& pools) {
  std::vector<Pool> all;
  for (const mesh::Kind kind : mesh::kKinds) {
    for (const mesh::Cidr& range : pools.of(kind)) all.emplace_back(kind, range);
  }
  return all;
}

Pool::Pool(mesh::Kind kind, const mesh::Cidr& range)
    : kind_(kind),
      range_(range),
      last_(range.last()),
      first_usable_(range.first().plus(1)),
      last_usable_(range.first()),
      usable_(vip::usable(range)) {
  if (usable_ > 0) last_usable_ = range.first().plus(usable_);
}

mesh::Ip Pool::candidate(std::uint64_t hash, std::uint64_t attempt) const {
  const std::uint64_t start = hash % usable_;
  // start + attempt may overflow where usable() has saturated.
  const std::uint64_t left = usable_ - start;
  const std::uint64_t offset = attempt < left ? start + attempt : attempt - left;
  return first_usable_.plus(offset);
}

}  // namespace vip
