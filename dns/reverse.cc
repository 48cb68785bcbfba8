#include "dns/reverse.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace dns {

// The beginning of an address that a qname spells, from its last label on.
struct Reverse::Prefix {
  Address address{};
  unsigned labels = 0;  // how many of the name's labels are part of it
  bool whole = true;    // no label is left over in front
};

namespace {

using namespace std::string_view_literals;

constexpr unsigned kSuffixLabels = 2;

bool share_bits(const Reverse::Address& a, const Reverse::Address& b, unsigned bits) {
  if (std::memcmp(a.data(), b.data(), bits / 8) != 0) return false;
  return bits % 8 == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8) == 0;
}

// The number that a label spells, in the one way that RFC 1035, 3.5 and RFC 3596, 2.5 know.
std::optional<std::uint8_t> parse_label(std::string_view label, unsigned bits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(label.data(), label.data() + label.size(), value, bits == 8 ? 10 : 16);
  const bool padded = label.size() > 1 && label.front() == '0';
  if (error != std::errc() || end != label.data() + label.size() || padded || value >> bits != 0) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(value);
}

void set_label(Reverse::Address& address, unsigned i, unsigned bits, std::uint8_t value) {
  if (bits == 8) {
    address[i] = value;
  } else {
    address[i / 2] |= static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : value);
  }
}

unsigned get_label(const Reverse::Address& address, unsigned i, unsigned bits) {
  if (bits == 8) return address[i];
  return i % 2 == 0 ? address[i / 2] >> 4 : address[i / 2] & 0xf;
}

}  // namespace

std::string_view Reverse::suffix() const {
  return octets_ == 4 ? "\7in-addr\4arpa\0"sv : "\3ip6\4arpa\0"sv;
}

void Reverse::add_range(const Address& first, unsigned length) {
  ranges_.push_back({first, (length + label_bits() - 1) / label_bits(), length});
}

void Reverse::seal() {
  std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
    const int order = std::memcmp(a.address.data(), b.address.data(), a.address.size());
    return order != 0 ? order < 0 : a.record < b.record;
  });
  entries_.shrink_to_fit();
  // The outermost of nested ranges decides the apex.
  std::ranges::sort(ranges_, {}, &Range::length);
}

Reverse::Prefix Reverse::parse(const Qname& qname) const {
  Prefix prefix;
  const unsigned spelled = qname.labels - kSuffixLabels;
  for (unsigned i = 0; i < spelled; ++i) {
    const auto value = i < address_labels()
                           ? parse_label(qname.label(spelled - 1 - i), label_bits())
                           : std::nullopt;
    if (!value) {
      prefix.whole = false;
      break;
    }
    set_label(prefix.address, i, label_bits(), *value);
    ++prefix.labels;
  }
  return prefix;
}

const Reverse::Range* Reverse::range_of(const Prefix& prefix) const {
  for (const Range& range : ranges_) {
    if (prefix.labels >= range.labels && share_bits(prefix.address, range.first, range.length)) {
      return &range;
    }
  }
  return nullptr;
}

bool Reverse::covers(const Address& address) const {
  return std::ranges::any_of(
      ranges_, [&](const Range& range) { return share_bits(address, range.first, range.length); });
}

std::span<const Reverse::Entry> Reverse::below(const Prefix& prefix) const {
  const unsigned bits = prefix.labels * label_bits();
  const auto order = [](const Entry& entry, const Address& address) {
    return std::memcmp(entry.address.data(), address.data(), address.size()) < 0;
  };
  const auto first = std::lower_bound(entries_.begin(), entries_.end(), prefix.address, order);
  auto end = first;
  // Whether there is any is enough, unless it is one whole address.
  const bool all = prefix.labels == address_labels();
  while (end != entries_.end() && share_bits(end->address, prefix.address, bits)) {
    ++end;
    if (!all) break;
  }
  return {first, end};
}

Reverse::Found Reverse::find(const Qname& qname) const {
  const Prefix prefix = parse(qname);
  const auto entries = below(prefix);
  const unsigned spelled = qname.labels - kSuffixLabels;
  const bool address = prefix.whole && prefix.labels == address_labels() && !entries.empty();
  const Range* range = range_of(prefix);
  if (range == nullptr) {
    // The PTR of a VIP elsewhere is a single name, an apex of its own.
    return address ? Found{Found::What::Pointer, 0, entries} : Found{};
  }
  const auto apex = static_cast<std::uint8_t>(spelled - range->labels);
  if (address) return {Found::What::Pointer, apex, entries};
  const bool exists = prefix.whole && (apex == 0 || !entries.empty());
  return {exists ? Found::What::Empty : Found::What::NxDomain, apex};
}

std::string Reverse::name_of(const Address& address, unsigned labels) const {
  std::string text;
  for (unsigned i = labels; i-- > 0;) {
    char digits[4];
    const auto end = std::to_chars(digits, digits + sizeof digits,
                                   get_label(address, i, label_bits()), octets_ == 4 ? 10 : 16);
    text.append(digits, end.ptr).append(1, '.');
  }
  return text + (octets_ == 4 ? "in-addr.arpa." : "ip6.arpa.");
}

std::vector<Name> Reverse::apexes() const {
  std::vector<Name> names;
  for (const Range& range : ranges_) {
    // A /12 is sixteen zones of 16 bits: the free bits of the apexes' last label count them.
    const unsigned count = 1u << (range.labels * label_bits() - range.length);
    for (unsigned i = 0; i < count; ++i) {
      Address first = range.first;
      if (range.labels > 0) {
        set_label(first, range.labels - 1, label_bits(),
                  static_cast<std::uint8_t>(get_label(first, range.labels - 1, label_bits()) + i));
      }
      if (auto name = Name::parse(name_of(first, range.labels))) names.push_back(std::move(*name));
    }
  }
  return names;
}

std::size_t Reverse::memory() const {
  return entries_.capacity() * sizeof(Entry) + ranges_.capacity() * sizeof(Range);
}

}  // namespace dns
