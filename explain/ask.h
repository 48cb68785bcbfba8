// Asks a zone in the words people use, and gives the answer in presentation format: what `explain`
// and `render -o zone` print. It is the real answer() that is asked, so that they can't differ
// from what a client gets.
#pragma once

#include <string>
#include <vector>

#include "dns/zone.h"
#include "mesh/ip.h"

namespace explain {

struct Reply {
  bool ours = true;                 // false: the name is forwarded
  std::string rcode;                // "NOERROR", "NXDOMAIN", ...
  std::vector<std::string> answer;  // one RR each: "web.mesh.\t30\tIN\tA\t241.0.0.1"
  std::vector<std::string> authority;
  std::vector<std::string> additional;
};

// REQUIRES: `qtype` is a mnemonic of a type. A `qname` that is no name gets FORMERR.
Reply ask(const dns::Zone& zone, const std::string& qname, const std::string& qtype);

// "1.0.0.241.in-addr.arpa."
std::string reverse_name(const mesh::Ip& ip);

}  // namespace explain
