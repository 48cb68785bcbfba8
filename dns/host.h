// One name of the zone as it lies in memory, with its addresses and ports.
//
// A record is written once, into memory of the caller, and then only read: a Host is a view of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dns {

using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;

struct SrvPort {
  std::uint16_t port = 0;
  bool udp = false;
  std::string name;  // the label behind the underscore: "http" in _http._tcp
  friend bool operator==(const SrvPort&, const SrvPort&) = default;
};

// What a hostname has. An RRset is a set: an address that is given twice counts once in the
// reverse. Port names that are no label with an underscore before them have no SRV.
struct HostData {
  std::vector<Ipv4> v4;
  std::vector<Ipv6> v6;
  std::vector<SrvPort> ports;
};

// Whether an owner's text, without the final dot, is before another's. Wire format both.
bool text_before(std::string_view a, std::string_view b);

// A view of a record, or of none.
class Host {
 public:
  static constexpr std::size_t kMaxCount = 0xffff;  // of addresses of a family, and of ports

  Host() = default;
  explicit Host(const std::uint8_t* record) : record_(record) {}

  // False: there is no such name.
  explicit operator bool() const { return record_ != nullptr; }

  std::size_t v4_count() const { return u16(0); }
  std::size_t v6_count() const { return u16(2); }
  std::size_t port_count() const { return u16(4); }
  const std::uint8_t* v4(std::size_t i) const { return record_ + kFixed + 4 * i; }
  const std::uint8_t* v6(std::size_t i) const { return v4(v4_count()) + 16 * i; }
  std::string_view owner() const {  // wire format
    return {reinterpret_cast<const char*>(v6(v6_count())), record_[6]};
  }

  struct Port {
    std::uint16_t port;
    bool udp;
    std::string_view name;
  };
  // Calls `f` with each port until it returns true; then returns true.
  template <typename F>
  bool any_port(F f) const {
    const std::uint8_t* at = ports_begin();
    for (std::size_t left = port_count(); left > 0; --left, at += 4 + at[3]) {
      const Port port{static_cast<std::uint16_t>(at[0] << 8 | at[1]),
                      at[2] != 0,
                      {reinterpret_cast<const char*>(at) + 4, at[3]}};
      if (f(port)) return true;
    }
    return false;
  }

  // A node of the zone's tree of names need not be a host: apexes and empty non-terminals have
  // records too.
  enum Flags : std::uint8_t {
    kHost = 1,
    kApex = 2,
    kParent = 4,  // nodes are below it, and the record ends with their number
  };
  bool is(Flags flag) const { return record_ != nullptr && (record_[7] & flag) != 0; }
  // How many nodes are one label below it. Counted up to the apex, whose own are not counted.
  std::uint32_t children() const;
  bool has(const std::uint8_t* address, std::size_t octets) const;
  const std::uint8_t* record() const { return record_; }
  std::size_t size() const;  // of the record, a multiple of 4 octets

 private:
  friend struct Content;
  // The numbers of IPv4 addresses, of IPv6 addresses and of ports (16 bits each), the size of the
  // owner and the flags (8 bits each); then all these, one behind the other. A port is its number
  // in network order, 1 for UDP, the size of its name and its name. Then, from a multiple of 4
  // octets on, the number of children (32 bits) if the flags say so.
  static constexpr std::size_t kFixed = 8;

  std::uint16_t u16(std::size_t at) const {
    std::uint16_t value;
    std::memcpy(&value, record_ + at, sizeof value);
    return value;
  }
  const std::uint8_t* ports_begin() const { return v6(v6_count()) + record_[6]; }
  std::size_t body_size() const;  // rounded up to a multiple of 4 octets

  const std::uint8_t* record_ = nullptr;
};

// What a record is written from. Of addresses and ports the first Host::kMaxCount are kept.
struct Content {
  std::string_view owner;  // wire format
  std::span<const Ipv4> v4 = {};
  std::span<const Ipv6> v6 = {};
  std::span<const SrvPort> ports = {};
  Host like = {};      // where it isn't none: addresses and ports are those of this host
  unsigned flags = 0;  // Host::Flags without kParent
  std::uint32_t children = 0;

  std::size_t size() const;  // of the record, a multiple of 4 octets
  // REQUIRES: `record` holds size() octets.
  void write(std::uint8_t* record) const;

 private:
  std::size_t body_size() const;
};

}  // namespace dns
