#include "tests/dns/message.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>

#include "dns/name.h"

namespace dns::test {
namespace {

struct Free {
  void operator()(ldns_pkt* packet) const noexcept { ldns_pkt_free(packet); }
  void operator()(ldns_rr* rr) const noexcept { ldns_rr_free(rr); }
  void operator()(char* text) const noexcept { std::free(text); }
};

void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

// With the case it is given in: a Name would lower it.
void put_name(Bytes& out, const std::string& text) {
  const auto name = Name::parse(text);
  ASSERT_TRUE(name) << text;
  Bytes wire(name->wire().begin(), name->wire().end());
  // Labels begin where they do in the text as long as nothing is escaped.
  if (text.find('\\') == std::string::npos) {
    for (std::size_t i = 0; i < text.size() && i + 1 < wire.size(); ++i) {
      if (text[i] != '.') wire[i + 1] = static_cast<std::uint8_t>(text[i]);
    }
  }
  out.insert(out.end(), wire.begin(), wire.end());
}

void put_opt(Bytes& out, const EdnsOptions& edns, unsigned rcode = 0) {
  out.push_back(0);
  put16(out, LDNS_RR_TYPE_OPT);
  put16(out, edns.payload);
  out.push_back(static_cast<std::uint8_t>(rcode >> 4));
  out.push_back(edns.version);
  put16(out, edns.dnssec_ok ? 0x8000 : 0);
  put16(out, static_cast<unsigned>(edns.options.size()));
  out.insert(out.end(), edns.options.begin(), edns.options.end());
}

std::string presented(const ldns_rr* rr) {
  const std::unique_ptr<char, Free> text(ldns_rr2str(rr));
  std::string line = text.get();
  std::ranges::replace(line, '\t', ' ');
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
  // The class is always IN; without it a line is easier to read.
  if (const auto in = line.find(" IN "); in != line.npos) line.erase(in, 3);
  return line;
}

std::vector<std::string> presented(const ldns_rr_list* list) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    lines.push_back(presented(ldns_rr_list_rr(list, i)));
  }
  return lines;
}

void read_options(const ldns_pkt* packet, Message& message) {
  const ldns_rdf* data = ldns_pkt_edns_data(packet);
  if (data == nullptr) return;
  const std::uint8_t* at = ldns_rdf_data(data);
  for (std::size_t left = ldns_rdf_size(data); left >= 4;) {
    const unsigned code = at[0] << 8 | at[1];
    const unsigned size = at[2] << 8 | at[3];
    ASSERT_LE(4 + size, left);
    const auto value = [&] { return static_cast<std::uint16_t>(at[4] << 8 | at[5]); };
    if (code == 15 && size >= 2) message.ede = value();
    if (code == 11 && size == 2) message.keepalive = value();
    at += 4 + size;
    left -= 4 + size;
  }
}

std::string question_of(const ldns_pkt* packet) {
  const ldns_rr_list* list = ldns_pkt_question(packet);
  if (ldns_rr_list_rr_count(list) == 0) return "";
  const ldns_rr* rr = ldns_rr_list_rr(list, 0);
  const std::unique_ptr<char, Free> owner(ldns_rdf2str(ldns_rr_owner(rr)));
  const std::unique_ptr<char, Free> type(ldns_rr_type2str(ldns_rr_get_type(rr)));
  return std::string(owner.get()) + ' ' + type.get();
}

// Writes records, compressing names against all names before them.
class RecordWriter {
 public:
  // `out` holds a header and a question.
  explicit RecordWriter(Bytes& out) : out_(out) {
    const std::size_t root = out.size() - 5;
    for (std::size_t at = 12; at < root; at += std::size_t{1} + out[at]) {
      const auto begin = out.begin() + static_cast<std::ptrdiff_t>(at);
      known_[{begin, out.begin() + static_cast<std::ptrdiff_t>(root) + 1}] = at;
    }
  }

  // `text` is in wire format, uncompressed.
  void put_name(std::span<const std::uint8_t> text) {
    for (; text[0] != 0; text = text.subspan(std::size_t{1} + text[0])) {
      const std::string suffix(text.begin(), text.end());
      if (const auto known = known_.find(suffix); known != known_.end()) {
        return put16(out_, 0xc000u | static_cast<unsigned>(known->second));
      }
      known_[suffix] = out_.size();
      out_.insert(out_.end(), text.begin(), text.begin() + 1 + text[0]);
    }
    out_.push_back(0);
  }

  void put(const std::string& text) {
    ldns_rr* raw = nullptr;
    ASSERT_EQ(ldns_rr_new_frm_str(&raw, text.c_str(), 0, nullptr, nullptr), LDNS_STATUS_OK) << text;
    const std::unique_ptr<ldns_rr, Free> rr(raw);
    put_name(data(ldns_rr_owner(raw)));
    put16(out_, ldns_rr_get_type(raw));
    put16(out_, 1);
    put16(out_, ldns_rr_ttl(raw) >> 16);
    put16(out_, ldns_rr_ttl(raw) & 0xffff);
    const std::size_t size = out_.size();
    put16(out_, 0);
    for (std::size_t i = 0; i < ldns_rr_rd_count(raw); ++i) put_rdata(*raw, i);
    const std::size_t rdata = out_.size() - size - 2;
    out_[size] = static_cast<std::uint8_t>(rdata >> 8);
    out_[size + 1] = static_cast<std::uint8_t>(rdata);
  }

 private:
  static std::span<const std::uint8_t> data(const ldns_rdf* rdf) {
    return {ldns_rdf_data(rdf), ldns_rdf_size(rdf)};
  }
  void put_rdata(const ldns_rr& rr, std::size_t i) {
    const ldns_rdf* rdf = ldns_rr_rdf(&rr, i);
    const unsigned type = ldns_rr_get_type(&rr);
    const bool compressed = type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_NS ||
                            type == LDNS_RR_TYPE_PTR || type == LDNS_RR_TYPE_MX;
    if (compressed && ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME) return put_name(data(rdf));
    const auto bytes = data(rdf);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

  Bytes& out_;
  std::map<std::string, std::size_t> known_;
};

}  // namespace

Bytes make_reply(const std::string& qname, const std::string& qtype, ReplyOptions options) {
  Bytes out = make_query(qname, qtype, {.id = options.id});
  out[2] = static_cast<std::uint8_t>(options.flags >> 8);
  out[3] = static_cast<std::uint8_t>(options.flags | (options.rcode & 0xf));
  const auto count = [](const auto& lines) { return static_cast<std::uint8_t>(lines.size()); };
  out[7] = count(options.answer);
  out[9] = count(options.authority);
  out[11] = static_cast<std::uint8_t>(count(options.before_opt) + (options.edns ? 1 : 0) +
                                      count(options.behind_opt));
  RecordWriter writer(out);
  for (const auto* section : {&options.answer, &options.authority, &options.before_opt}) {
    for (const std::string& line : *section) writer.put(line);
  }
  if (options.edns) put_opt(out, *options.edns, options.rcode);
  for (const std::string& line : options.behind_opt) writer.put(line);
  return out;
}

Bytes make_query(const std::string& qname, const std::string& qtype, QueryOptions options) {
  Bytes out;
  put16(out, options.id);
  put16(out, options.flags);
  put16(out, 1);
  put16(out, 0);
  put16(out, 0);
  put16(out, options.edns ? 1 : 0);
  put_name(out, qname);
  put16(out, ldns_get_rr_type_by_name(qtype.c_str()));
  put16(out, options.qclass);
  if (options.edns) put_opt(out, *options.edns);
  return out;
}

Message read(std::span<const std::uint8_t> bytes) {
  ldns_pkt* raw = nullptr;
  const ldns_status status = ldns_wire2pkt(&raw, bytes.data(), bytes.size());
  if (status != LDNS_STATUS_OK) {
    ADD_FAILURE() << "ldns: " << ldns_get_errorstr_by_id(status);
    return {};
  }
  const std::unique_ptr<ldns_pkt, Free> packet(raw);
  Message message;
  message.id = ldns_pkt_id(raw);
  const unsigned rcode = static_cast<unsigned>(ldns_pkt_get_rcode(raw)) |
                         unsigned{ldns_pkt_edns_extended_rcode(raw)} << 4;
  const std::unique_ptr<char, Free> text(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(rcode)));
  message.rcode = text.get();
  message.qr = ldns_pkt_qr(raw);
  message.aa = ldns_pkt_aa(raw);
  message.tc = ldns_pkt_tc(raw);
  message.rd = ldns_pkt_rd(raw);
  message.ra = ldns_pkt_ra(raw);
  message.ad = ldns_pkt_ad(raw);
  message.cd = ldns_pkt_cd(raw);
  message.question = question_of(raw);
  message.answer = presented(ldns_pkt_answer(raw));
  message.authority = presented(ldns_pkt_authority(raw));
  message.additional = presented(ldns_pkt_additional(raw));
  message.edns = ldns_pkt_edns(raw);
  message.payload = message.edns ? ldns_pkt_edns_udp_size(raw) : 0;
  message.dnssec_ok = message.edns && ldns_pkt_edns_do(raw);
  read_options(raw, message);
  message.size = bytes.size();
  return message;
}

}  // namespace dns::test
