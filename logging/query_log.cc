#include "logging/query_log.h"

#include "dns/query.h"
#include "logging/ldns_owned.h"
#include "mesh/ip.h"

namespace logging {
namespace {

std::string type_text(std::uint16_t qtype) {
  const Allocated<char> text(ldns_rr_type2str(static_cast<ldns_rr_type>(qtype)));
  return text ? text.get() : "";
}

std::string rcode_text(dns::Rcode rcode) {
  const auto number = static_cast<std::uint16_t>(rcode);
  const std::size_t counted = dns::counted_rcode(number);
  const bool known = counted + 1 < dns::kCountedRcodes.size();
  return known ? std::string(dns::kCountedRcodes[counted]) : "RCODE" + std::to_string(number);
}

std::string client_text(const dns::Client& client) {
  const auto& octets = client.address;
  mesh::Ip ip = mesh::Ip::v6(octets);
  if (dns::is_v4(octets)) {
    ip = mesh::Ip::v4(std::uint32_t{octets[12]} << 24 | std::uint32_t{octets[13]} << 16 |
                      std::uint32_t{octets[14]} << 8 | octets[15]);
  }
  return config::to_string(config::Endpoint{ip, client.port});
}

}  // namespace

QueryLine query_line(const dns::Exchange& exchange) {
  QueryLine line;
  dns::Query query;
  if (dns::parse(exchange.query, query) == dns::Parsed::Query) {
    line.qname = dns::Name::from_wire(query.qname.suffix(0)).to_string();
    line.qtype = type_text(query.qtype);
  }
  line.rcode = rcode_text(exchange.rcode);
  line.source = to_string(exchange.source);
  line.microseconds =
      std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(exchange.took).count());
  line.client = client_text(exchange.client);
  line.transport = exchange.transport == dns::Transport::Udp ? "udp" : "tcp";
  return line;
}

bool QuerySampler::takes(unsigned worker, const dns::Exchange& exchange) {
  if (which_.slower != 0) return exchange.took >= std::chrono::milliseconds(which_.slower);
  if (which_.every <= 1) return which_.every == 1;
  return seen_[worker].count++ % which_.every == 0;
}

}  // namespace logging
