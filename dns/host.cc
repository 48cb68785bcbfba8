#include "dns/host.h"

#include <algorithm>

#include "dns/name.h"

namespace dns {
namespace {

constexpr std::size_t kMaxPortName = Name::kMaxLabel - 1;  // an underscore stands before it

std::size_t rounded(std::size_t size) {
  return (size + 3) / 4 * 4;
}

template <typename T>
std::span<const T> limited(std::span<const T> all) {
  return all.first(std::min(all.size(), Host::kMaxCount));
}

// Calls `f` with each port that has an SRV.
template <typename F>
void each_port(std::span<const SrvPort> ports, F f) {
  std::size_t left = Host::kMaxCount;
  for (const SrvPort& port : ports) {
    if (port.name.empty() || port.name.size() > kMaxPortName || left == 0) continue;
    f(port);
    --left;
  }
}

std::uint8_t lowered(char c) {
  return static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

std::uint8_t* put16(std::uint8_t* at, std::size_t value) {
  const auto short_value = static_cast<std::uint16_t>(value);
  std::memcpy(at, &short_value, sizeof short_value);
  return at + sizeof short_value;
}

std::uint8_t* put(std::uint8_t* at, const void* bytes, std::size_t size) {
  if (size != 0) std::memcpy(at, bytes, size);
  return at + size;
}

std::uint8_t* put_port(std::uint8_t* at, const SrvPort& port) {
  *at++ = static_cast<std::uint8_t>(port.port >> 8);
  *at++ = static_cast<std::uint8_t>(port.port);
  *at++ = port.udp ? 1 : 0;
  *at++ = static_cast<std::uint8_t>(port.name.size());
  return std::transform(port.name.begin(), port.name.end(), at, lowered);
}

// An owner without its first length and the root's, the other lengths turned into dots.
class Text {
 public:
  explicit Text(std::string_view owner) : size_(std::max<std::size_t>(owner.size(), 2) - 2) {
    if (size_ != 0) std::memcpy(bytes_, owner.data() + 1, size_);
    for (std::size_t at = static_cast<std::uint8_t>(owner[0]); at < size_;) {
      const std::size_t length = static_cast<std::uint8_t>(bytes_[at]);
      bytes_[at] = '.';
      at += 1 + length;
    }
  }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  std::size_t size_;
  char bytes_[Name::kMaxWire];
};

}  // namespace

bool text_before(std::string_view a, std::string_view b) {
  const Text text_a(a);
  const Text text_b(b);
  // Labels may hold dots.
  return text_a.view() == text_b.view() ? a < b : text_a.view() < text_b.view();
}

std::size_t Host::body_size() const {
  const std::uint8_t* end = ports_begin();
  for (std::size_t left = port_count(); left > 0; --left) end += 4 + end[3];
  return rounded(static_cast<std::size_t>(end - record_));
}

std::size_t Host::size() const {
  return body_size() + (is(kParent) ? sizeof(std::uint32_t) : 0);
}

std::uint32_t Host::children() const {
  if (!is(kParent)) return 0;
  std::uint32_t count;
  std::memcpy(&count, record_ + body_size(), sizeof count);
  return count;
}

bool Host::has(const std::uint8_t* address, std::size_t octets) const {
  const std::size_t count = octets == 4 ? v4_count() : v6_count();
  const std::uint8_t* at = octets == 4 ? v4(0) : v6(0);
  for (std::size_t i = 0; i < count; ++i, at += octets) {
    if (std::memcmp(at, address, octets) == 0) return true;
  }
  return false;
}

std::size_t Content::body_size() const {
  if (like) return like.body_size();
  std::size_t size = Host::kFixed + owner.size() + 4 * limited(v4).size() + 16 * limited(v6).size();
  each_port(ports, [&](const SrvPort& port) { size += 4 + port.name.size(); });
  return rounded(size);
}

std::size_t Content::size() const {
  return body_size() + (children != 0 ? sizeof children : 0);
}

void Content::write(std::uint8_t* record) const {
  const std::size_t body = body_size();
  if (like) {
    std::memcpy(record, like.record(), body);
  } else {
    std::size_t count = 0;
    std::uint8_t* at = put16(record, limited(v4).size());
    at = put16(at, limited(v6).size()) + 2;  // the ports are counted below
    *at++ = static_cast<std::uint8_t>(owner.size());
    at = put(at + 1, v4.data(), 4 * limited(v4).size());
    at = put(at, v6.data(), 16 * limited(v6).size());
    at = put(at, owner.data(), owner.size());
    each_port(ports, [&](const SrvPort& port) {
      at = put_port(at, port);
      ++count;
    });
    std::fill(at, record + body, std::uint8_t{0});
    put16(record + 4, count);
  }
  record[7] = static_cast<std::uint8_t>(flags | (children != 0 ? unsigned{Host::kParent} : 0u));
  if (children != 0) std::memcpy(record + body, &children, sizeof children);
}

}  // namespace dns
