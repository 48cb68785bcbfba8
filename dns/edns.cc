#include "dns/edns.h"

#include <algorithm>

#include "dns/writer.h"

namespace dns {
namespace {

constexpr std::size_t kMinPayload = 512;  // without EDNS (RFC 1035, 4.2.1), or with less (6891)
constexpr std::uint16_t kEdeOption = 15;  // RFC 8914, 2
constexpr std::uint16_t kKeepaliveOption = 11;  // RFC 7828, 3.1
constexpr std::size_t kSizeOfOpt = 11;
constexpr std::size_t kSizeOfEde = 6;
constexpr std::size_t kSizeOfKeepalive = 6;
constexpr std::uint16_t kDnssecOk = 0x8000;

}  // namespace

std::size_t opt_size(const Query& query, const OptContent& content) {
  if (!query.edns.present) return 0;
  return kSizeOfOpt + (content.keepalive != 0 ? kSizeOfKeepalive : 0) +
         (content.ede ? kSizeOfEde + content.text.size() : 0);
}

void write_opt(Writer& writer, const Query& query, Rcode rcode, const OptContent& content) {
  writer.u8(0);
  writer.u16(static_cast<std::uint16_t>(Type::OPT));
  writer.u16(kUdpPayload);
  writer.u8(static_cast<std::uint8_t>(static_cast<std::uint16_t>(rcode) >> 4));
  writer.u8(0);  // version
  writer.u16(query.edns.dnssec_ok ? kDnssecOk : 0);
  writer.u16(static_cast<std::uint16_t>(opt_size(query, content) - kSizeOfOpt));
  if (content.ede) {
    writer.u16(kEdeOption);
    writer.u16(static_cast<std::uint16_t>(2 + content.text.size()));
    writer.u16(static_cast<std::uint16_t>(*content.ede));
    if (!content.text.empty()) writer.bytes(content.text);
  }
  if (content.keepalive != 0) {
    writer.u16(kKeepaliveOption);
    writer.u16(2);
    writer.u16(content.keepalive);
  }
}

std::size_t max_reply(const Query& query, Transport transport) {
  if (transport == Transport::Tcp) return kMaxMessage;
  if (!query.edns.present) return kMinPayload;
  return std::clamp<std::size_t>(query.edns.payload, kMinPayload, kUdpPayload);
}

}  // namespace dns
