// Who holds which virtual IP, and who held it: what the store keeps and allocation reads.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/ip.h"
#include "mesh/resources.h"

namespace vip {

using Seconds = std::int64_t;  // Unix time, s

std::string time_text(Seconds seconds);  // "2026-11-24T07:08:09Z"

// One address of one service. A service has one of each family that its kind has a pool of; more
// only if its status.vips give it more.
struct Lease {
  mesh::ServiceId service;
  mesh::Ip ip;
  Seconds since = 0;
  // When the service went away, or moved to another address. A lease that was released is a
  // tombstone: the address waits for its service to come back.
  std::optional<Seconds> released;

  auto operator<=>(const Lease&) const = default;
};

// A lease as the ledger holds it. The texts are valid until the ledger changes.
struct LeaseView {
  mesh::Kind kind = mesh::Kind::MeshService;
  std::string_view mesh;
  std::string_view name;
  mesh::Ip ip;
  Seconds since = 0;
  std::optional<Seconds> released;

  mesh::ServiceId service() const { return {kind, std::string(mesh), std::string(name)}; }
  Lease lease() const { return {service(), ip, since, released}; }
  bool is_of(const mesh::ServiceId& id) const {
    return kind == id.kind && name == id.name && mesh == id.mesh;
  }
};

// By service, then address.
bool read_before(const LeaseView& a, const LeaseView& b);

// One step from what the store holds to what it should hold. Applied in order.
struct Change {
  enum class What : std::uint8_t {
    Allocate,  // a new lease of `lease.ip` for `lease.service`
    Restore,   // the tombstone comes back to life: its service is back
    Release,   // the lease becomes a tombstone at `lease.released`
    Forget,    // the tombstone is deleted: its address goes to another service
  };
  What what = What::Allocate;
  Lease lease;
  std::string why;  // for `plan` and the log

  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace vip
