#include "cli/probe.h"

#include <memory>

#include "logging/ldns_owned.h"

namespace cli {
namespace {

constexpr timeval kTimeout = {2, 0};

struct FreeResolver {
  void operator()(ldns_resolver* resolver) const noexcept { ldns_resolver_deep_free(resolver); }
};

std::string ask(const redirect::Target& target, bool tcp) {
  const std::unique_ptr<ldns_resolver, FreeResolver> resolver(ldns_resolver_new());
  const logging::Rdf address(
      ldns_rdf_new_frm_str(target.address.is_v4() ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA,
                           target.address.to_string().c_str()));
  ldns_resolver_push_nameserver(resolver.get(), address.get());
  ldns_resolver_set_port(resolver.get(), target.port);
  ldns_resolver_set_usevc(resolver.get(), tcp);
  ldns_resolver_set_timeout(resolver.get(), kTimeout);
  ldns_resolver_set_retry(resolver.get(), 1);
  ldns_rdf* name = nullptr;
  ldns_str2rdf_dname(&name, "localhost.");
  const logging::Packet query(ldns_pkt_query_new(name, LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN, LDNS_RD));
  ldns_pkt* received = nullptr;
  const ldns_status status = ldns_resolver_send_pkt(&received, resolver.get(), query.get());
  const logging::Packet reply(received);
  if (status != LDNS_STATUS_OK || received == nullptr) return "nothing answers";
  if (ldns_pkt_get_rcode(received) == LDNS_RCODE_NOERROR) return "";
  const logging::Allocated<char> rcode(ldns_pkt_rcode2str(ldns_pkt_get_rcode(received)));
  return std::string("the answer is ") + rcode.get();
}

}  // namespace

std::string probe(const redirect::Target& target) {
  // TCP first: a port that nobody has refuses at once, and over UDP it is silent.
  std::string why = ask(target, true);
  if (!why.empty()) return why + " over TCP";
  why = ask(target, false);
  return why.empty() ? why : why + " over UDP";
}

}  // namespace cli
