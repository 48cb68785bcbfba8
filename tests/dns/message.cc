#include "tests/dns/message.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <cctype>
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

void put_opt(Bytes& out, const EdnsOptions& edns) {
  out.push_back(0);
  put16(out, LDNS_RR_TYPE_OPT);
  put16(out, edns.payload);
  out.push_back(0);
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

}  // namespace

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
  const unsigned rcode = ldns_pkt_get_rcode(raw) | ldns_pkt_edns_extended_rcode(raw) << 4;
  const std::unique_ptr<char, Free> text(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(rcode)));
  message.rcode = text.get();
  message.qr = ldns_pkt_qr(raw);
  message.aa = ldns_pkt_aa(raw);
  message.tc = ldns_pkt_tc(raw);
  message.rd = ldns_pkt_rd(raw);
  message.ra = ldns_pkt_ra(raw);
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
