#include "dns/query.h"

#include <bit>
#include <cstring>

#include "dns/header.h"
#include "dns/reader.h"

namespace dns {
namespace {

static_assert(std::endian::native == std::endian::little, "the hash masks words as little-endian");

constexpr std::uint8_t lowered(std::uint8_t c) {
  return static_cast<std::uint8_t>(c - 'A') < 26 ? c | 0x20 : c;
}

// Adds a label, with its length octet, to the hash of the name that it stands before. May read up
// to 7 octets behind the label.
std::uint64_t extend(std::uint64_t hash, const std::uint8_t* label) {
  std::size_t left = std::size_t{1} + label[0];
  std::uint64_t word = 0;
  for (; left > 8; left -= 8, label += 8) {
    std::memcpy(&word, label, 8);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  std::memcpy(&word, label, 8);
  word &= ~std::uint64_t{0} >> (64 - 8 * left);
  hash = (hash ^ word) * 0xd6e8feb86659fd93u;
  return hash ^ hash >> 32;
}

constexpr std::uint16_t kKeepaliveOption = 11;  // RFC 7828, 3.1

bool parse_options(std::span<const std::uint8_t> options, Edns& edns) {
  Reader reader(options);
  while (!reader.at_end() && !reader.failed()) {
    const std::uint16_t code = reader.u16();
    reader.skip(reader.u16());
    if (code == kKeepaliveOption) edns.keepalive = true;
  }
  return !reader.failed();
}

// One record of a section behind the question. Only an OPT tells us anything, and it may stand only
// once, in the additional section, at the root (RFC 6891, 6.1.1).
bool parse_record(Reader& reader, bool additional, Edns& edns) {
  const bool at_root = reader.skip_name();
  const auto type = static_cast<Type>(reader.u16());
  const std::uint16_t payload = reader.u16();
  const std::uint16_t version = reader.u16();
  const std::uint16_t flags = reader.u16();
  const auto rdata = reader.take(reader.u16());
  if (reader.failed()) return false;
  if (type != Type::OPT) return true;
  if (!additional || !at_root || edns.present) return false;
  edns.present = true;
  edns.payload = payload;
  edns.version = static_cast<std::uint8_t>(version & 0xff);
  edns.dnssec_ok = (flags & 0x8000) != 0;
  return parse_options(rdata, edns);
}

bool parse_body(Reader& reader, Query& query, unsigned before_additional, unsigned additional) {
  const std::size_t begin = reader.at();
  const auto name = reader.name();
  query.qtype = reader.u16();
  query.qclass = reader.u16();
  if (reader.failed()) return false;
  // The question's octets, from the name on, lie one behind the other.
  query.question = {name.data(), reader.at() - begin};
  query.qname.assign(name.data(), name.size());
  for (unsigned i = 0; i < before_additional + additional; ++i) {
    if (!parse_record(reader, i >= before_additional, query.edns)) return false;
  }
  return reader.at_end();
}

}  // namespace

void Qname::assign(const std::uint8_t* name, std::size_t octets) {
  for (std::size_t i = 0; i < octets; ++i) wire[i] = lowered(name[i]);
  std::memset(wire.data() + octets, 0, 8);
  size = static_cast<std::uint8_t>(octets);
  labels = 0;
  std::size_t at = 0;
  for (; wire[at] != 0; at += std::size_t{1} + wire[at]) {
    starts[labels++] = static_cast<std::uint8_t>(at);
  }
  starts[labels] = static_cast<std::uint8_t>(at);
  hashes[labels] = 0x8a5cd789635d2dffu;
  for (std::size_t i = labels; i-- > 0;) {
    hashes[i] = extend(hashes[i + 1], wire.data() + starts[i]);
  }
}

Parsed parse(std::span<const std::uint8_t> message, Query& query) {
  if (message.size() < kHeader) return Parsed::Silence;
  Reader reader(message);
  query.id = reader.u16();
  query.flags = reader.u16();
  if ((query.flags & 0x8000) != 0) return Parsed::Silence;
  if (query.opcode() != 0) return Parsed::NotImp;
  const std::uint16_t questions = reader.u16();
  const std::uint16_t answers = reader.u16();
  const std::uint16_t authorities = reader.u16();
  const std::uint16_t additionals = reader.u16();
  query.edns = {};
  if (questions != 1) return Parsed::FormErr;
  const unsigned before_additional = unsigned{answers} + authorities;
  return parse_body(reader, query, before_additional, additionals) ? Parsed::Query
                                                                   : Parsed::FormErr;
}

}  // namespace dns
