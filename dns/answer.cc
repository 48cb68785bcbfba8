#include "dns/answer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include "dns/edns.h"
#include "dns/header.h"
#include "dns/query.h"
#include "dns/special.h"
#include "dns/writer.h"

namespace dns {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kFixedRecord = 2 + 10;  // an owner that is a pointer, type, class, TTL, size
constexpr std::size_t kQuestionName = kHeader;
constexpr std::uint16_t kOpcodeRdCd = 0x7910;  // what of the query's flags the answer keeps
// RFC 6303, 3: the SOA of a zone that has no servers of its own.
constexpr std::string_view kRname = "\6nobody\7invalid\0"sv;
constexpr std::uint32_t kSoaRefresh = 3600;
constexpr std::uint32_t kSoaRetry = 1200;
constexpr std::uint32_t kSoaExpire = 604800;

// Answers with a header alone: where nothing of the question can be told (FORMERR), or needs to be.
Answer header_only(const Query& query, Rcode rcode, std::span<std::uint8_t> out) {
  Writer writer(out, kHeader);
  writer.u16(query.id);
  writer.u16(kQr | kRa | (query.flags & kOpcodeRdCd) | static_cast<std::uint16_t>(rcode));
  for (int i = 0; i < 4; ++i) writer.u16(0);
  return {Verdict::Reply, writer.size(), rcode};
}

// One reply in the making: the header and the question are written first, then the sections in
// order, then the OPT.
class Reply {
 public:
  Reply(const Query& query, const ZoneSettings* settings, Transport transport,
        std::span<std::uint8_t> out, std::uint16_t keepalive, std::optional<Ede> ede = {},
        std::string_view text = {})
      : query_(query),
        settings_(settings),
        opt_{transport == Transport::Tcp && query.edns.keepalive ? keepalive : std::uint16_t{0},
             ede, text},
        limit_(max_reply(query, transport)),
        writer_(out, limit_ - opt_size(query, opt_)),
        opt_writer_(out, limit_) {
    writer_.reserve(kHeader);
    writer_.bytes(query.question.data(), query.question.size());
  }

  void set(Rcode rcode) { rcode_ = rcode; }
  void set_authoritative() { flags_ |= kAa; }

  void add_addresses(const Host& host, Type type, std::size_t owner, bool additional);
  void add_loopback(Type type);
  void add_services(const Found& found);
  void add_pointers(const Zone& zone, const Found& found);
  void add_soa(std::size_t apex_label, bool negative);
  void add_ns(std::size_t apex_label);

  bool empty() const { return answers_ == 0 && (flags_ & kTc) == 0; }
  Answer finish();

 private:
  std::size_t name_at(std::size_t label) const {
    return kQuestionName + query_.qname.starts[label];
  }
  void pointer(std::size_t at) { writer_.u16(static_cast<std::uint16_t>(0xc000 | at)); }
  void fixed(std::size_t owner, Type type, std::uint32_t ttl, std::size_t rdata) {
    pointer(owner);
    writer_.u16(static_cast<std::uint16_t>(type));
    writer_.u16(kClassIn);
    writer_.u32(ttl);
    writer_.u16(static_cast<std::uint16_t>(rdata));
  }
  void truncate() { flags_ |= kTc; }
  void add_service(const Host::Port& port, const Host& host);

  const Query& query_;
  const ZoneSettings* settings_;
  const OptContent opt_;
  const std::size_t limit_;
  Writer writer_;      // leaves room for the OPT
  Writer opt_writer_;  // takes over for the OPT
  Rcode rcode_ = Rcode::NoError;
  std::uint16_t flags_ = kQr | kRa;
  std::uint16_t answers_ = 0;
  std::uint16_t authorities_ = 0;
  std::uint16_t additionals_ = 0;
};

// Spreads the ids of consecutive queries, which some clients count up.
std::size_t rotation(std::uint16_t id, std::size_t count) {
  return (id * 0x9e3779b1u >> 16) % count;
}

void Reply::add_addresses(const Host& host, Type type, std::size_t owner, bool additional) {
  const bool v4 = type == Type::A;
  const std::size_t size = v4 ? 4 : 16;
  const std::size_t count = v4 ? host.v4_count() : host.v6_count();
  const std::size_t wanted = std::min<std::size_t>(count, settings_->max_addresses);
  const std::size_t room = writer_.room() / (kFixedRecord + size);
  // Any of the addresses serves the client, so that fewer in a datagram are better than a second
  // query over TCP, which some stub resolvers can't do at all. An additional RRset that doesn't fit
  // is left out whole (RFC 2181, 9).
  if (wanted == 0 || (additional && room < wanted)) return;
  const std::size_t written = std::min(wanted, room);
  const std::size_t first = rotation(query_.id, count);
  for (std::size_t i = 0; i < written; ++i) {
    const std::size_t at = (first + i) % count;
    fixed(owner, type, settings_->ttl, size);
    writer_.bytes(v4 ? host.v4(at) : host.v6(at), size);
  }
  (additional ? additionals_ : answers_) += static_cast<std::uint16_t>(written);
}

void Reply::add_loopback(Type type) {
  constexpr std::array<std::uint8_t, 4> kV4 = {127, 0, 0, 1};
  constexpr std::array<std::uint8_t, 16> kV6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool v4 = type == Type::A;
  const std::size_t size = v4 ? kV4.size() : kV6.size();
  fixed(kQuestionName, type, settings_->ttl, size);
  writer_.bytes(v4 ? kV4.data() : kV6.data(), size);
  ++answers_;
}

void Reply::add_service(const Host::Port& port, const Host& host) {
  constexpr std::uint16_t kPriority = 0;
  constexpr std::uint16_t kWeight = 100;
  fixed(kQuestionName, Type::SRV, settings_->ttl, 6 + host.owner().size());
  writer_.u16(kPriority);
  writer_.u16(kWeight);
  writer_.u16(port.port);
  writer_.bytes(host.owner());  // never compressed: RFC 2782
  ++answers_;
}

void Reply::add_services(const Found& found) {
  const Qname& qname = query_.qname;
  const bool all = found.what == Found::What::Host;
  const auto asked_for = [&](const Host::Port& port) {
    return all || (port.name == qname.label(0).substr(1) && port.udp == (qname.label(1) == "_udp"));
  };
  std::size_t size = 0;
  found.host.any_port([&](const Host::Port& port) {
    if (asked_for(port)) size += kFixedRecord + 6 + found.host.owner().size();
    return false;
  });
  if (!writer_.fits(size)) return truncate();
  found.host.any_port([&](const Host::Port& port) {
    if (asked_for(port)) add_service(port, found.host);
    return false;
  });
  if (answers_ == 0) return;
  const std::size_t host = name_at(all ? 0 : 2);
  add_addresses(found.host, Type::A, host, true);
  add_addresses(found.host, Type::AAAA, host, true);
}

void Reply::add_pointers(const Zone& zone, const Found& found) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < found.pointers.size(); ++i) {
    size += kFixedRecord + zone.host(found.pointers, i).owner().size();
    if (!writer_.fits(size)) return truncate();
  }
  for (std::size_t i = 0; i < found.pointers.size(); ++i) {
    const std::string_view hostname = zone.host(found.pointers, i).owner();
    fixed(kQuestionName, Type::PTR, settings_->ttl, hostname.size());
    writer_.bytes(hostname);
    ++answers_;
  }
}

void Reply::add_soa(std::size_t apex_label, bool negative) {
  constexpr std::size_t kRdata = 2 + kRname.size() + 20;
  if (!writer_.fits(kFixedRecord + kRdata)) return truncate();
  const std::size_t apex = name_at(apex_label);
  // RFC 2308, 5: the TTL of a negative answer is that of the SOA in it.
  fixed(apex, Type::SOA, negative ? settings_->negative_ttl : settings_->ttl, kRdata);
  pointer(apex);
  writer_.bytes(kRname);
  writer_.u32(settings_->serial);
  writer_.u32(kSoaRefresh);
  writer_.u32(kSoaRetry);
  writer_.u32(kSoaExpire);
  writer_.u32(settings_->negative_ttl);
  ++(negative ? authorities_ : answers_);
}

void Reply::add_ns(std::size_t apex_label) {
  if (!writer_.fits(kFixedRecord + 2)) return truncate();
  const std::size_t apex = name_at(apex_label);
  fixed(apex, Type::NS, settings_->ttl, 2);
  pointer(apex);
  ++answers_;
}

Answer Reply::finish() {
  std::size_t size = writer_.size();
  if (query_.edns.present) {
    opt_writer_.reserve(size);
    write_opt(opt_writer_, query_, rcode_, opt_);
    ++additionals_;
    size = opt_writer_.size();
  }
  writer_.set_u16(0, query_.id);
  writer_.set_u16(
      2, flags_ | (query_.flags & kOpcodeRdCd) | (static_cast<std::uint16_t>(rcode_) & 0xf));
  writer_.set_u16(4, 1);
  writer_.set_u16(6, answers_);
  writer_.set_u16(8, authorities_);
  writer_.set_u16(10, additionals_);
  return {Verdict::Reply, size, rcode_, query_.qtype};
}

// RFC 8482, 4.1: ANY is one RRset that there is.
Type any_type(const Found& found, bool at_apex) {
  const Host& host = found.host;
  if (found.what == Found::What::Pointer) return Type::PTR;
  if (found.what == Found::What::Service) return Type::SRV;
  if (found.what == Found::What::Host && host.v4_count() != 0) return Type::A;
  if (found.what == Found::What::Host && host.v6_count() != 0) return Type::AAAA;
  return at_apex ? Type::SOA : Type::SRV;
}

void add_rrset(Reply& reply, const Zone& zone, const Found& found, Type qtype,
               std::size_t apex_label) {
  using What = Found::What;
  const bool at_apex = apex_label == 0;
  if (qtype == Type::ANY) qtype = any_type(found, at_apex);
  switch (qtype) {
    case Type::A:
    case Type::AAAA:
      if (found.what == What::Host) reply.add_addresses(found.host, qtype, kQuestionName, false);
      return;
    case Type::SRV:
      if (found.what == What::Host || found.what == What::Service) reply.add_services(found);
      return;
    case Type::PTR:
      if (found.what == What::Pointer) reply.add_pointers(zone, found);
      return;
    case Type::SOA:
      if (at_apex) reply.add_soa(0, false);
      return;
    case Type::NS:
      if (at_apex) reply.add_ns(0);
      return;
    default:
      return;
  }
}

bool needs_apex(Type qtype) {
  return qtype == Type::SOA || qtype == Type::NS || qtype == Type::ANY;
}

Answer answer_ours(const Query& query, const Zone& zone, Found& found, Reply reply) {
  const auto qtype = static_cast<Type>(query.qtype);
  const auto complete_apex = [&] {
    if (found.what == Found::What::Host) found.apex = zone.apex_of_host(query.qname);
  };
  reply.set_authoritative();
  if (found.what == Found::What::NxDomain) {
    reply.set(Rcode::NxDomain);
  } else {
    if (needs_apex(qtype)) complete_apex();
    add_rrset(reply, zone, found, qtype, needs_apex(qtype) ? found.apex : 1);
  }
  if (reply.empty()) {
    complete_apex();
    reply.add_soa(found.apex, true);
  }
  return reply.finish();
}

// The names above a special one are nobody's, so that its last label is the apex.
Answer answer_special(const Query& query, Special special, Reply reply) {
  reply.set_authoritative();
  if (special != Special::Localhost) {
    reply.set(Rcode::NxDomain);
  } else {
    const auto qtype = static_cast<Type>(query.qtype);
    // RFC 8482, 4.1: ANY is one RRset that there is.
    if (qtype == Type::A || qtype == Type::ANY) reply.add_loopback(Type::A);
    if (qtype == Type::AAAA) reply.add_loopback(Type::AAAA);
  }
  if (reply.empty()) reply.add_soa(query.qname.labels - 1u, true);
  return reply.finish();
}

// The query types that ask for something else than records of a name.
std::optional<Rcode> refusal(const Query& query) {
  if (query.qclass != kClassIn) return Rcode::Refused;
  switch (static_cast<Type>(query.qtype)) {
    case Type::AXFR:
    case Type::IXFR:
      return Rcode::Refused;
    case Type::OPT:
    case Type::TKEY:
    case Type::TSIG:
      return Rcode::FormErr;  // meta types, never a question's
    default:
      return std::nullopt;
  }
}

// Where no answer is to be had from any zone: the same for answer() and fail().
std::optional<Answer> reject(Parsed parsed, const Query& query, Transport transport,
                             std::span<std::uint8_t> out) {
  switch (parsed) {
    case Parsed::Silence:
      return Answer{Verdict::Drop};
    case Parsed::NotImp:
      return header_only(query, Rcode::NotImp, out);
    case Parsed::FormErr:
      return header_only(query, Rcode::FormErr, out);
    case Parsed::Query:
      break;
  }
  const auto rcode = query.edns.version > 0 ? Rcode::BadVers : refusal(query);
  if (!rcode) return std::nullopt;
  Reply reply(query, nullptr, transport, out, 0);
  reply.set(*rcode);
  return reply.finish();
}

}  // namespace

Answer answer(std::span<const std::uint8_t> message, const Zone& zone, Transport transport,
              std::span<std::uint8_t> out, std::uint16_t keepalive) {
  assert(out.size() >= (transport == Transport::Udp ? kUdpPayload : kMaxMessage));
  Query query;
  const Parsed parsed = parse(message, query);
  if (const auto rejected = reject(parsed, query, transport, out)) return *rejected;
  Found found = zone.find(query.qname);
  switch (found.what) {
    case Found::What::NotOurs: {
      const Special special =
          special_name(query.qname, query.qtype, zone.settings().forward_single_labels);
      if (special == Special::None) return {.verdict = Verdict::Forward, .qtype = query.qtype};
      return answer_special(query, special,
                            Reply(query, &zone.settings(), transport, out, keepalive));
    }
    case Found::What::NotReady: {
      Reply reply(query, nullptr, transport, out, keepalive, Ede::NotReady);
      reply.set(Rcode::ServFail);
      return reply.finish();
    }
    default:
      return answer_ours(query, zone, found,
                         Reply(query, &zone.settings(), transport, out, keepalive));
  }
}

Answer fail(std::span<const std::uint8_t> message, const Failure& failure, Transport transport,
            std::span<std::uint8_t> out) {
  Query query;
  const Parsed parsed = parse(message, query);
  if (const auto rejected = reject(parsed, query, transport, out)) return *rejected;
  Reply reply(query, nullptr, transport, out, 0, failure.ede, failure.text);
  reply.set(failure.rcode);
  return reply.finish();
}

}  // namespace dns
