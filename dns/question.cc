#include "dns/question.h"

#include <array>
#include <cstring>

#include "dns/edns.h"
#include "dns/header.h"
#include "dns/writer.h"

namespace dns {
namespace {

constexpr std::size_t kOpt = 11;

bool is_letter(std::uint8_t c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

Question::Question(const Query& query) {
  const Qname& qname = query.qname;
  std::memcpy(bytes_.data(), qname.wire.data(), qname.size);
  std::uint8_t* tail = bytes_.data() + qname.size;
  tail[0] = static_cast<std::uint8_t>(query.qtype >> 8);
  tail[1] = static_cast<std::uint8_t>(query.qtype);
  tail[2] = static_cast<std::uint8_t>((query.edns.dnssec_ok ? kDnssecOk : 0) |
                                      ((query.flags & kCd) != 0 ? kCheckingDisabled : 0) |
                                      ((query.flags & kRd) != 0 ? kRecursionDesired : 0));
  size_ = static_cast<std::uint16_t>(qname.size + kTail);
  const std::uint64_t rest = std::uint64_t{query.qtype} << 8 | tail[2];
  hash_ = (qname.hashes[0] ^ rest) * 0x9e3779b97f4a7c15u;
  hash_ ^= hash_ >> 32;
}

std::uint16_t Question::qtype() const {
  return static_cast<std::uint16_t>(bytes_[size_ - 3u] << 8 | bytes_[size_ - 2u]);
}

std::vector<std::uint8_t> Question::query(std::uint16_t id,
                                          std::span<const std::uint8_t> cases) const {
  std::vector<std::uint8_t> query(kHeader + qname().size() + 4 + kOpt);
  Writer writer(query, query.size());
  writer.u16(id);
  // AD: the answer's own AD is wanted (RFC 6840, 5.7); who didn't ask for it doesn't get it.
  writer.u16(static_cast<std::uint16_t>((has(kRecursionDesired) ? kRd : 0) |
                                        (has(kCheckingDisabled) ? kCd : 0) | kAd));
  constexpr std::array<std::uint16_t, 4> kCounts = {1, 0, 0, 1};
  for (const std::uint16_t count : kCounts) writer.u16(count);
  writer.bytes(qname());
  std::size_t letter = 0;
  for (std::size_t i = kHeader; i < writer.size(); ++i) {
    // The length of a label is at most 63, which is no letter.
    if (!is_letter(query[i]) || letter / 8 >= cases.size()) continue;
    if ((cases[letter / 8] >> letter % 8 & 1) != 0) query[i] ^= 0x20;
    ++letter;
  }
  writer.u16(qtype());
  writer.u16(kClassIn);
  writer.u8(0);
  writer.u16(static_cast<std::uint16_t>(Type::OPT));
  writer.u16(kUdpPayload);
  writer.u16(0);  // rcode, version
  writer.u16(has(kDnssecOk) ? 0x8000 : 0);
  writer.u16(0);
  return query;
}

}  // namespace dns
