// Queries as bytes, and answers as ldns reads them: the oracle of the tests of dns/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dns::test {

using Bytes = std::vector<std::uint8_t>;

struct EdnsOptions {
  std::uint16_t payload = 1232;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  Bytes options;  // code, length and data of each
};

struct QueryOptions {
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0x0100;  // RD
  std::uint16_t qclass = 1;
  std::optional<EdnsOptions> edns;
};

// Written octet by octet, so that nothing is repaired on the way. `qtype` is a mnemonic or TYPE123.
Bytes make_query(const std::string& qname, const std::string& qtype, QueryOptions options = {});

struct ReplyOptions {
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0x8180;     // QR, RD, RA
  unsigned rcode = 0;               // its upper bits go into the OPT
  std::vector<std::string> answer;  // in presentation form, with class or without
  std::vector<std::string> authority;
  std::vector<std::string> before_opt;  // additional
  std::optional<EdnsOptions> edns;
  std::vector<std::string> behind_opt;  // additional
};

// What an upstream could send. Owners that are equal to an earlier one, and the ends that they
// share, are compressed; names in rdata are not, but for CNAME, NS, PTR and MX.
Bytes make_reply(const std::string& qname, const std::string& qtype, ReplyOptions options = {});

// A reply as ldns sees it. Records in presentation form: "web.mesh. 30 A 241.0.0.1".
struct Message {
  std::uint16_t id = 0;
  std::string rcode;  // "NOERROR"; with the bits of an OPT
  bool qr = false;
  bool aa = false;
  bool tc = false;
  bool rd = false;
  bool ra = false;
  bool ad = false;
  bool cd = false;
  std::string question;  // "web.mesh. A", in the case it was written in
  std::vector<std::string> answer;
  std::vector<std::string> authority;
  std::vector<std::string> additional;
  bool edns = false;
  std::uint16_t payload = 0;
  bool dnssec_ok = false;
  std::optional<std::uint16_t> ede;
  std::optional<std::uint16_t> keepalive;  // 100 ms
  std::size_t size = 0;
};

// Fails the test, and gives an empty message, if ldns can't read it to its last octet.
Message read(std::span<const std::uint8_t> bytes);

}  // namespace dns::test
