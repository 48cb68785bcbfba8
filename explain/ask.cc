#include "explain/ask.h"

#include <span>

#include "dns/answer.h"
#include "logging/ldns_owned.h"

namespace explain {
namespace {

std::vector<std::uint8_t> query(const std::string& qname, const std::string& qtype) {
  ldns_rdf* name = nullptr;
  if (ldns_str2rdf_dname(&name, qname.c_str()) != LDNS_STATUS_OK) return {};
  // The packet owns the name from here on.
  const logging::Packet packet(
      ldns_pkt_query_new(name, ldns_get_rr_type_by_name(qtype.c_str()), LDNS_RR_CLASS_IN, LDNS_RD));
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK) return {};
  const logging::Allocated<std::uint8_t> owner(wire);
  return {wire, wire + size};
}

std::vector<std::string> texts(const ldns_rr_list* rrs) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(rrs); ++i) {
    const logging::Allocated<char> text(ldns_rr2str(ldns_rr_list_rr(rrs, i)));
    std::string line(text.get());
    while (!line.empty() && line.back() == '\n') line.pop_back();
    texts.push_back(std::move(line));
  }
  return texts;
}

}  // namespace

Reply ask(const dns::Zone& zone, const std::string& qname, const std::string& qtype) {
  const std::vector<std::uint8_t> wire = query(qname, qtype);
  std::vector<std::uint8_t> out(dns::kMaxMessage);
  const dns::Answer answer = dns::answer(wire, zone, dns::Transport::Tcp, out);
  if (answer.verdict == dns::Verdict::Forward) return {.ours = false, .rcode = "NOERROR"};
  ldns_pkt* parsed = nullptr;
  if (answer.verdict == dns::Verdict::Drop ||
      ldns_wire2pkt(&parsed, out.data(), answer.size) != LDNS_STATUS_OK) {
    return {.rcode = "FORMERR"};
  }
  const logging::Packet packet(parsed);
  const logging::Allocated<char> rcode(ldns_pkt_rcode2str(ldns_pkt_get_rcode(parsed)));
  return {.rcode = rcode.get(),
          .answer = texts(ldns_pkt_answer(parsed)),
          .authority = texts(ldns_pkt_authority(parsed)),
          .additional = texts(ldns_pkt_additional(parsed))};
}

std::string reverse_name(const mesh::Ip& ip) {
  const logging::Rdf address(ldns_rdf_new_frm_str(ip.is_v4() ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA,
                                                  ip.to_string().c_str()));
  const logging::Rdf reverse(ldns_rdf_address_reverse(address.get()));
  const logging::Allocated<char> text(ldns_rdf2str(reverse.get()));
  return text.get();
}

}  // namespace explain
