#include "dns/response.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>

#include "dns/header.h"
#include "dns/reader.h"
#include "dns/writer.h"

namespace dns {
namespace {

constexpr std::uint16_t kEdeOption = 15;  // RFC 8914, 2

std::uint16_t u16_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint8_t lowered(std::uint8_t c) {
  return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

// RFC 2181, 8: a TTL with the highest bit set is 0.
std::uint32_t sane_ttl(std::uint32_t ttl) {
  return ttl > std::numeric_limits<std::int32_t>::max() ? 0 : ttl;
}

// The extended error in the options of an OPT, if there is one.
std::optional<std::uint16_t> find_ede(std::span<const std::uint8_t> options) {
  Reader reader(options);
  while (!reader.at_end() && !reader.failed()) {
    const std::uint16_t code = reader.u16();
    const auto data = reader.take(reader.u16());
    if (!reader.failed() && code == kEdeOption && data.size() >= 2) return u16_at(data, 0);
  }
  return std::nullopt;
}

}  // namespace

// Reads a message once, from front to back, and notes what the response needs to know.
class ResponseReader {
 public:
  explicit ResponseReader(std::span<const std::uint8_t> message)
      : message_(message), reader_(message) {}

  // Goes through the message once; false if it is malformed.
  bool walk();
  // What walk() found. REQUIRES: it was true.
  Response take();

 private:
  enum class Section : std::uint8_t { Answer, Authority, Additional };

  bool read_header();
  bool read_question();
  bool read_section(Section section, unsigned count);
  bool read_record(Section section);
  bool read_opt(std::size_t begin, Section section, bool at_root, std::uint32_t ttl,
                std::span<const std::uint8_t> rdata);
  std::uint32_t soa_minimum(std::size_t rdata, std::size_t size) const;
  std::uint32_t time_to_keep() const;

  std::span<const std::uint8_t> message_;
  Reader reader_;
  Response response_;
  std::uint16_t flags_ = 0;
  std::uint16_t qtype_ = 0;
  std::array<std::uint16_t, 3> counts_{};
  std::array<std::uint16_t, 3> kept_{};
  std::vector<std::uint16_t> ttls_;  // offsets
  std::size_t end_ = 0;              // of what is kept
  bool has_opt_ = false;
  bool answered_ = false;  // a record of the qtype is among the answers
  std::optional<std::uint32_t> least_ttl_;
  std::optional<std::uint32_t> negative_ttl_;
};

bool ResponseReader::read_header() {
  if (message_.size() < kHeader || message_.size() > kMaxMessage) return false;
  reader_.u16();  // id
  flags_ = reader_.u16();
  if ((flags_ & kQr) == 0 || (flags_ & kOpcode) != 0 || reader_.u16() != 1) return false;
  for (std::uint16_t& count : counts_) count = reader_.u16();
  return true;
}

bool ResponseReader::read_question() {
  reader_.name();
  qtype_ = reader_.u16();
  const std::uint16_t qclass = reader_.u16();
  response_.question_end_ = static_cast<std::uint16_t>(reader_.at());
  return !reader_.failed() && qclass == kClassIn;
}

bool ResponseReader::read_opt(std::size_t begin, Section section, bool at_root, std::uint32_t ttl,
                              std::span<const std::uint8_t> rdata) {
  if (section != Section::Additional || !at_root || has_opt_) return false;
  has_opt_ = true;
  response_.rcode_ = static_cast<Rcode>(ttl >> 24 << 4);
  response_.ede_ = find_ede(rdata);
  end_ = begin;
  return true;
}

// MNAME, RNAME, four numbers, MINIMUM (RFC 1035, 3.3.13); 0 if it is malformed.
std::uint32_t ResponseReader::soa_minimum(std::size_t rdata, std::size_t size) const {
  constexpr std::size_t kNumbers = 20;
  if (size < kNumbers + 2) return 0;
  const std::size_t at = rdata + size - 4;
  return sane_ttl(std::uint32_t{u16_at(message_, at)} << 16 | u16_at(message_, at + 2));
}

bool ResponseReader::read_record(Section section) {
  const std::size_t begin = reader_.at();
  const bool at_root = reader_.skip_name();
  const std::uint16_t type = reader_.u16();
  reader_.u16();  // class
  const std::size_t ttl_at = reader_.at();
  const std::uint32_t raw_ttl = reader_.u32();
  const std::uint16_t size = reader_.u16();
  const auto rdata = reader_.take(size);
  if (reader_.failed()) return false;
  if (type == static_cast<std::uint16_t>(Type::OPT)) {
    return read_opt(begin, section, at_root, raw_ttl, rdata);
  }
  if (has_opt_) return true;
  ttls_.push_back(static_cast<std::uint16_t>(ttl_at));
  kept_[static_cast<std::size_t>(section)]++;
  const std::uint32_t ttl = sane_ttl(raw_ttl);
  least_ttl_ = std::min(least_ttl_.value_or(ttl), ttl);
  if (section == Section::Answer) {
    answered_ = answered_ || type == qtype_ || qtype_ == static_cast<std::uint16_t>(Type::ANY);
  } else if (section == Section::Authority && type == static_cast<std::uint16_t>(Type::SOA)) {
    negative_ttl_ = soa_minimum(reader_.at() - size, size);
  }
  return true;
}

bool ResponseReader::read_section(Section section, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    if (!read_record(section)) return false;
  }
  return true;
}

std::uint32_t ResponseReader::time_to_keep() const {
  if (response_.failed() || (flags_ & kTc) != 0 || !least_ttl_) return 0;
  if (response_.rcode_ == Rcode::NoError && answered_) return *least_ttl_;
  // NXDOMAIN, NODATA, or a CNAME that leads to nothing; a referral has no SOA either.
  return negative_ttl_ ? std::min(*least_ttl_, *negative_ttl_) : 0;
}

bool ResponseReader::walk() {
  if (!read_header() || !read_question()) return false;
  if (!read_section(Section::Answer, counts_[0])) return false;
  response_.answer_end_ = static_cast<std::uint16_t>(reader_.at());
  if (!read_section(Section::Authority, counts_[1])) return false;
  response_.authority_end_ = static_cast<std::uint16_t>(reader_.at());
  return read_section(Section::Additional, counts_[2]);
}

Response ResponseReader::take() {
  // Nearly every server writes its OPT last. What stands behind one could point to what stands
  // before it, or in it; it is additional, and left out.
  if (!has_opt_) end_ = reader_.at();
  std::vector<std::uint8_t>& bytes = response_.bytes_;
  bytes.reserve(end_ + 2 * ttls_.size());
  bytes.assign(message_.begin(), message_.begin() + static_cast<std::ptrdiff_t>(end_));
  bytes[10] = static_cast<std::uint8_t>(kept_[2] >> 8);
  bytes[11] = static_cast<std::uint8_t>(kept_[2]);
  response_.end_ = static_cast<std::uint16_t>(bytes.size());
  for (const std::uint16_t ttl : ttls_) {
    bytes.push_back(static_cast<std::uint8_t>(ttl >> 8));
    bytes.push_back(static_cast<std::uint8_t>(ttl));
  }
  response_.rcode_ =
      static_cast<Rcode>(static_cast<std::uint16_t>(response_.rcode_) | (flags_ & kRcode));
  response_.ttl_ = time_to_keep();
  return std::move(response_);
}

std::optional<Response> Response::read(std::span<const std::uint8_t> message) {
  ResponseReader reader(message);
  if (!reader.walk()) return std::nullopt;
  return reader.take();
}

Response Response::servfail(const Question& question, Ede why) {
  std::vector<std::uint8_t> message = question.query(0, {});
  message[2] |= 0x80;
  message[3] = static_cast<std::uint8_t>(Rcode::ServFail);
  Response response = *read(message);
  response.ede_ = static_cast<std::uint16_t>(why);
  return response;
}

std::size_t Response::memory() const {
  return sizeof *this + bytes_.capacity();
}

std::uint32_t Response::ttl_offset(std::size_t i) const {
  return u16_at(bytes_, end_ + 2 * i);
}

Match match(std::span<const std::uint8_t> query, std::span<const std::uint8_t> reply) {
  if (!ResponseReader(reply).walk()) return Match::Malformed;
  if (u16_at(query, 0) != u16_at(reply, 0)) return Match::WrongId;
  Reader asked(query);
  asked.skip(kHeader);
  const std::size_t name = asked.name().size();
  const std::size_t size = name + 4;
  Reader given(reply);
  given.skip(kHeader);
  if (given.name().size() != name) return Match::WrongQuestion;
  const auto q = query.subspan(kHeader, size);
  const auto r = reply.subspan(kHeader, size);
  if (std::ranges::equal(q, r)) return Match::True;
  const bool same = std::ranges::equal(q.first(name), r.first(name), {}, lowered, lowered) &&
                    std::ranges::equal(q.last(4), r.last(4));
  return same ? Match::WrongCase : Match::WrongQuestion;
}

namespace {

// The flags that the client sees: the upstream's, but RD and CD are what it sent itself, AD is for
// who asked for it (RFC 6840, 5.8), and what is kept is no longer authoritative.
std::uint16_t flags_for(const Query& query, std::uint16_t flags, bool cached) {
  const bool wants_ad = query.edns.dnssec_ok || (query.flags & kAd) != 0;
  std::uint16_t kept = kQr | kRa;
  kept |= flags & ((cached ? 0 : kAa) | kTc | (wants_ad ? kAd : 0) | kRcode);
  return kept | (query.flags & (kRd | kCd));
}

}  // namespace

Answer give(const Query& query, const Response& response, const Given& given, Transport transport,
            std::span<std::uint8_t> out, std::uint16_t keepalive) {
  OptContent opt;
  if (transport == Transport::Tcp && query.edns.keepalive) opt.keepalive = keepalive;
  if (given.stale) {
    opt.ede = response.rcode_ == Rcode::NxDomain ? Ede::StaleNxDomain : Ede::StaleAnswer;
  } else if (response.ede_) {
    opt.ede = static_cast<Ede>(*response.ede_);
  }
  const std::size_t limit = max_reply(query, transport);
  const std::size_t room = limit - opt_size(query, opt);
  const auto bytes = response.message(response.end_);
  assert(query.question.size() + kHeader == response.question_end_);
  std::array<std::uint16_t, 3> counts = {u16_at(bytes, 6), u16_at(bytes, 8), u16_at(bytes, 10)};
  std::uint16_t flags = flags_for(query, u16_at(bytes, 2), given.cached);
  std::size_t end = response.end_;
  // Only what was asked for must be whole (RFC 2181, 9).
  if (end > room) {
    end = response.authority_end_;
    counts[2] = 0;
  }
  if (end > room && counts[0] != 0) {
    end = response.answer_end_;
    counts[1] = 0;
  }
  if (end > room) {
    end = response.question_end_;
    counts = {};
    flags |= kTc;
  }
  Rcode rcode = response.rcode_;
  if (response.rcode_ > Rcode{15} && !query.edns.present) {
    // Its upper bits have no place (RFC 6891, 6.1.3), and the lower may be those of NOERROR.
    rcode = Rcode::ServFail;
    flags = static_cast<std::uint16_t>((flags & ~unsigned{kRcode}) | static_cast<unsigned>(rcode));
  }
  Writer writer(out, limit);
  writer.u16(query.id);
  writer.u16(flags);
  writer.u16(1);
  writer.u16(counts[0]);
  writer.u16(counts[1]);
  writer.u16(static_cast<std::uint16_t>(counts[2] + (query.edns.present ? 1 : 0)));
  writer.bytes(query.question.data(), query.question.size());
  writer.bytes(bytes.data() + response.question_end_, end - response.question_end_);
  const std::size_t ttls = (response.bytes_.size() - response.end_) / 2;
  for (std::size_t i = 0; i < ttls && response.ttl_offset(i) < end; ++i) {
    const std::size_t at = response.ttl_offset(i);
    const std::uint32_t ttl = std::uint32_t{u16_at(bytes, at)} << 16 | u16_at(bytes, at + 2);
    writer.set_u32(at, given.stale ? kStaleTtl : ttl - std::min(ttl, given.age));
  }
  if (query.edns.present) write_opt(writer, query, response.rcode_, opt);
  return {Verdict::Reply, writer.size(), rcode, query.qtype};
}

}  // namespace dns
